"""Microphone and loudspeaker through PortAudio (sounddevice), at any rate that they support, and advice if one is missing."""

from collections.abc import Callable
from time import monotonic
from types import ModuleType
from typing import Any

import numpy as np

from tools.mic_client.options import UsageError
from tools.mic_client.pacer import MicBuffer, Pcm
from tools.mic_client.playback import RATE_HZ, Playback
from tools.mic_client.resampler import Resampler
from tools.mic_client.sound import Heard, to_pcm

_BLOCK_S = 0.02
_MOST_AHEAD_S = 0.5
"""How many seconds of sound a device may take in advance, to fill its own buffer."""
_WITHOUT = (
    "\nWithout a device: --say confirm --output call.wav (or --input FILE.wav), "
    "or the page /softphone of `make run-local` in a browser."
)
NO_PORTAUDIO = (
    "The PortAudio library is missing. Debian and Ubuntu: sudo apt install libportaudio2; Fedora: sudo dnf install portaudio; "
    f"macOS: brew install portaudio.{_WITHOUT}"
)
NO_PACKAGE = f"The package sounddevice is missing: start it with `make mic`.{_WITHOUT}"


def load_portaudio() -> ModuleType:
    """Return the sounddevice module.

    Raises:
        UsageError: The module, or the library behind it, is missing.
    """
    try:
        import sounddevice  # noqa: PLC0415 - only needed if a device is used
    except ImportError as error:
        raise UsageError(NO_PACKAGE) from error
    except OSError as error:
        raise UsageError(NO_PORTAUDIO) from error
    module: ModuleType = sounddevice
    return module


def device_list(sd: Any) -> str:  # noqa: ANN401 - sounddevice has no types
    """Return all devices, one a line, in the form that MIC_DEVICE accepts."""
    lines = []
    for index, device in enumerate(sd.query_devices()):
        ways = [f"{device[f'max_{way}_channels']} {way}" for way in ("input", "output") if device[f"max_{way}_channels"]]
        lines.append(f"{index:3}  {device['name']}  ({', '.join(ways)}, {device['default_samplerate']:.0f} Hz)")
    return "\n".join(lines) or f"No sound device was found; `arecord -l` shows what the system itself sees.{_WITHOUT}"


def device_of(name: str) -> int | str | None:
    """Return a device as PortAudio takes it: None is the system's default, a number an index, a text a part of the name."""
    if name in ("", "default"):
        return None
    return int(name) if name.isdecimal() else name


class DeviceSound:
    """The sound devices of this machine. PortAudio calls the callbacks from its own threads."""

    def __init__(self, sd: Any, *, mic: str, speaker: str, clock: Callable[[], float] = monotonic) -> None:  # noqa: ANN401 - sounddevice has no types
        self._sd = sd
        self._clock = clock
        self._mic, self._speaker = device_of(mic), device_of(speaker)
        self._buffer = MicBuffer()
        self._streams: list[Any] = []  # Any: sounddevice's streams
        self._spare: np.typing.NDArray[np.float32] = np.zeros(0, np.float32)
        self.underruns = 0

    def check(self) -> None:
        """Check that both devices exist, before anything else is started.

        Raises:
            UsageError: A device is missing.
        """
        for way, device in (("input", self._mic), ("output", self._speaker)):
            try:
                self._settings(getattr(self._sd, f"check_{way}_settings"), way, device)
            except (self._sd.PortAudioError, ValueError) as error:
                raise _advice(way, error) from error

    def start(self, playback: Playback, heard: Heard) -> None:
        """Open both devices.

        Raises:
            UsageError: A device can't be opened.
        """
        self._open("input", self._mic, self._mic_callback)
        self._open("output", self._speaker, lambda rate, channels: self._speaker_callback(rate, channels, playback, heard))

    def frame(self, *, may_speak: bool) -> Pcm:  # noqa: ARG002 - a person may speak at any time
        """Return the next 20 ms of the microphone."""
        return self._buffer.frame()

    @property
    def is_spoken(self) -> bool:
        """Always true: a person may speak at any time, so keys need not wait."""
        return True

    def report(self) -> str:
        """Return how much was padded and dropped."""
        padded_ms, dropped_ms = self._buffer.padded / 8, self._buffer.dropped / 8
        return f"microphone: {padded_ms:.0f} ms padded, {dropped_ms:.0f} ms dropped; loudspeaker: {self.underruns} underruns"

    def stop(self) -> None:
        """Close both devices."""
        while self._streams:
            self._streams.pop().close()

    def _open(self, way: str, device: int | str | None, make: Any) -> None:  # noqa: ANN401 - makes a callback of sounddevice's
        check = getattr(self._sd, f"check_{way}_settings")
        stream_of = self._sd.RawInputStream if way == "input" else self._sd.RawOutputStream
        try:
            rate, channels = self._settings(check, way, device)
            stream = stream_of(
                device=device,
                samplerate=rate,
                channels=channels,
                dtype="int16",
                blocksize=round(rate * _BLOCK_S),
                latency="low",
                callback=make(rate, channels),
            )
            self._streams.append(stream)
            stream.start()
        except (self._sd.PortAudioError, ValueError) as error:
            self.stop()
            raise _advice(way, error) from error

    def _settings(self, check: Any, way: str, device: int | str | None) -> tuple[int, int]:  # noqa: ANN401 - a function of sounddevice's
        """Return the rate and the channels that the device takes: ours if possible, else its own defaults."""
        try:
            check(device=device, channels=1, dtype="int16", samplerate=RATE_HZ)
        except self._sd.PortAudioError:
            own = self._sd.query_devices(device, way)
            return int(own["default_samplerate"]), max(1, min(2, own[f"max_{way}_channels"]))
        return RATE_HZ, 1

    def _mic_callback(self, rate: int, channels: int) -> Any:  # noqa: ANN401 - a callback of sounddevice's
        resampler = Resampler(rate, RATE_HZ)

        def take(data: Any, _count: int, _time: Any, _status: Any) -> None:  # noqa: ANN401 - as sounddevice calls it
            mono = np.frombuffer(data, np.int16).reshape(-1, channels).mean(axis=1, dtype=np.float32)
            self._buffer.push(to_pcm(resampler.push(mono)))

        return take

    def _speaker_callback(self, rate: int, channels: int, playback: Playback, heard: Heard) -> Any:  # noqa: ANN401 - as above
        resampler = Resampler(RATE_HZ, rate)
        began_s, given = self._clock(), 0

        def give(data: Any, count: int, time: Any, status: Any) -> None:  # noqa: ANN401 - as sounddevice calls it
            nonlocal given
            self.underruns += bool(status and status.output_underflow)
            given += count
            if given / rate > self._clock() - began_s + _MOST_AHEAD_S:  # no loudspeaker plays faster than real time
                given -= count
                data[:] = bytes(len(data))
                return
            while self._spare.size < count:
                pulled = playback.pull(max(1, round((count - self._spare.size) * RATE_HZ / rate)))
                heard(pulled, max(0.0, time.outputBufferDacTime - time.currentTime) + self._spare.size / rate)
                self._spare = np.concatenate((self._spare, resampler.push(pulled.pcm.astype(np.float32))))
            ready, self._spare = self._spare[:count], self._spare[count:]
            data[:] = np.repeat(to_pcm(ready), channels).tobytes()

        return give


def _advice(way: str, error: Exception) -> UsageError:
    setting = "MIC_DEVICE" if way == "input" else "SPEAKER_DEVICE"
    what = "microphone" if way == "input" else "loudspeaker"
    return UsageError(
        f"The {what} can't be opened ({error}). --list-devices shows what there is; choose one with {setting}. "
        f"Linux: does `{'arecord' if way == 'input' else 'aplay'} -l` list it?{_WITHOUT}"
    )
