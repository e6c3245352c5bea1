"""Where the caller's voice comes from and where the bot's goes without a sound device: files, or silence."""

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from simulators.speech import voice
from simulators.twilio.media.wav import WavError, to_mulaw
from tools.mic_client.options import UsageError
from tools.mic_client.pacer import FRAME, Pcm
from tools.mic_client.playback import Playback, Pulled
from tools.mic_client.resampler import Resampler

Heard = Callable[[Pulled, float], None]
"""Called with what goes to the loudspeaker and the seconds until it is heard; possibly from another thread."""


class Sound(Protocol):
    """Both ends of the audio. The call asks for a frame each 20 ms."""

    def start(self, playback: Playback, heard: Heard) -> None:
        """Open what must be opened, and drain `playback` from now on.

        Raises:
            UsageError: it can't be opened; the message says what to do.
        """
        ...

    def frame(self, *, may_speak: bool) -> Pcm:
        """The caller's next 20 ms."""
        ...

    @property
    def is_spoken(self) -> bool:
        """Whether the caller has nothing (more) to say of which we know."""
        ...

    def report(self) -> str:
        """What was padded and dropped, in words; empty where nothing can be."""
        ...

    def stop(self) -> None:
        """Close what was opened; twice does no harm."""
        ...


class FileSound:
    """Speaks a WAV file as soon as it may, then keeps silent; the call's own clock drains what the bot says."""

    def __init__(self, samples: Pcm) -> None:
        self._samples = samples
        self._at = 0
        self._drain: Callable[[], None] = lambda: None

    def start(self, playback: Playback, heard: Heard) -> None:
        """Drain `playback` a frame at a time."""
        self._drain = lambda: heard(playback.pull(FRAME), 0.0)

    def frame(self, *, may_speak: bool) -> Pcm:
        """The next 20 ms of the file, or silence."""
        self._drain()
        taken = self._samples[self._at : self._at + FRAME] if may_speak else self._samples[:0]
        self._at += taken.size
        return np.pad(taken, (0, FRAME - taken.size))

    @property
    def is_spoken(self) -> bool:
        """Whether all of the file was spoken."""
        return self._at >= self._samples.size

    def report(self) -> str:
        """A file neither lags nor leads."""
        return ""

    def stop(self) -> None:
        """Nothing is open."""


def read_wav(path: Path) -> Pcm:
    """The file's sound at 8 kHz, its channels mixed.

    Raises:
        UsageError: it is no WAV file of a kind that we read.
    """
    try:
        with wave.open(str(path)) as file:
            if file.getsampwidth() != 2:
                raise UsageError(f"{path} has {8 * file.getsampwidth()} bits a sample: 16-bit PCM or 8 kHz mu-law is read")
            content = np.frombuffer(file.readframes(file.getnframes()), "<i2")
            mono = content.reshape(-1, file.getnchannels()).mean(axis=1)
            return to_pcm(Resampler(file.getframerate(), voice.RATE_HZ).push(mono.astype(np.float32)))
    except (wave.Error, EOFError):  # mu-law is no PCM to the standard library
        try:
            return voice.decode(to_mulaw(path.read_bytes()))
        except WavError as error:
            raise UsageError(f"{path} can't be read ({error}): 16-bit PCM or 8 kHz mu-law in a WAV file is") from error


def to_pcm(samples: np.typing.NDArray[np.float32]) -> Pcm:
    """Samples of a filter as 16-bit ones."""
    pcm: Pcm = np.clip(np.rint(samples), -32768, 32767).astype(np.int16)
    return pcm
