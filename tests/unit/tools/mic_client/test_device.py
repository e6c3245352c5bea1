"""The sound device's side, with a device that is played."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from simulators.speech import voice
from tools.mic_client.device import DeviceSound, device_list, device_of
from tools.mic_client.options import UsageError
from tools.mic_client.pacer import FRAME
from tools.mic_client.playback import Playback, Pulled


class PlayedDevice:
    """What sounddevice offers, on a machine whose devices take only some rates."""

    class PortAudioError(Exception):
        """As sounddevice's own."""

    def __init__(self, *, rate: int = 48000, channels: int = 2, is_broken: bool = False) -> None:
        self.rate, self.channels, self.is_broken = rate, channels, is_broken
        self.streams: list[Any] = []

    def check_input_settings(self, *, samplerate: int, **_settings: object) -> None:
        if samplerate != self.rate:
            raise self.PortAudioError("Invalid sample rate")

    check_output_settings = check_input_settings

    def query_devices(self, _device: object = None, _way: object = None) -> Any:  # noqa: ANN401 - as sounddevice
        one = {"name": "HDA Intel PCH: ALC (hw:0,0)", "default_samplerate": float(self.rate)}
        one |= {"max_input_channels": self.channels, "max_output_channels": self.channels}
        return one if _way else [one]

    def stream(self, **settings: Any) -> Any:  # noqa: ANN401 - as sounddevice
        if self.is_broken:
            raise self.PortAudioError("Device unavailable")
        made = SimpleNamespace(**settings, start=lambda: None, close=lambda: None)
        self.streams.append(made)
        return made

    RawInputStream = RawOutputStream = stream


def started(device: PlayedDevice, playback: Playback | None = None) -> tuple[DeviceSound, list[tuple[Pulled, float]]]:
    heard: list[tuple[Pulled, float]] = []
    sound = DeviceSound(device, mic="default", speaker="default")
    sound.start(playback or Playback(1.0), lambda pulled, delay_s: heard.append((pulled, delay_s)))
    return sound, heard


def test_a_device_that_takes_8000_is_opened_at_8000() -> None:
    device = PlayedDevice(rate=8000)
    started(device)

    assert [(stream.samplerate, stream.channels, stream.blocksize) for stream in device.streams] == [(8000, 1, 160)] * 2


def test_another_rate_and_two_channels_become_frames_of_a_telephone() -> None:
    device = PlayedDevice()
    sound, _ = started(device)
    stereo = np.repeat((8000 * np.sin(2 * np.pi * 440 * np.arange(960) / 48000)).astype(np.int16), 2)

    frames = []
    for _ in range(20):
        device.streams[0].callback(stereo.tobytes(), 960, None, None)
        frames.append(sound.frame(may_speak=True))

    assert all(frame.size == FRAME for frame in frames)
    assert np.abs(frames[-1]).max() == pytest.approx(8000, rel=0.1)


def test_the_loudspeaker_gets_exactly_what_it_asks_for_at_its_own_rate() -> None:
    device, playback = PlayedDevice(), Playback(1.0)
    _, heard = started(device, playback)
    playback.play(voice.encode(np.full(1600, 6000, np.int16)))
    playback.mark("m1")
    block = bytearray(960 * 2 * 2)
    moment = SimpleNamespace(outputBufferDacTime=10.03, currentTime=10.0)

    loudest = 0
    for _ in range(12):
        device.streams[1].callback(memoryview(block), 960, moment, SimpleNamespace(output_underflow=False))
        loudest = max(loudest, int(np.abs(np.frombuffer(block, np.int16)).max()))

    assert loudest == pytest.approx(6000, rel=0.15)
    assert sum(pulled.pcm.size for pulled, _ in heard) == pytest.approx(12 * 160, abs=80)
    (delay_s,) = [delay_s for pulled, delay_s in heard if pulled.marks]
    assert 0.029 < delay_s < 0.08


def test_a_loudspeaker_that_runs_ahead_of_time_is_held_back() -> None:
    device, heard = PlayedDevice(rate=8000, channels=1), []
    sound = DeviceSound(device, mic="default", speaker="default", clock=lambda: 100.0)
    sound.start(Playback(1.0), lambda pulled, _delay_s: heard.append(pulled))
    block = bytearray(320)

    for _ in range(1000):
        device.streams[1].callback(memoryview(block), 160, SimpleNamespace(outputBufferDacTime=0, currentTime=0), None)

    assert len(heard) == 25  # half a second, though no time has gone by


def test_a_device_that_refuses_leads_to_advice() -> None:
    with pytest.raises(UsageError, match="arecord -l"):
        started(PlayedDevice(is_broken=True))


@pytest.mark.parametrize(("name", "device"), [("default", None), ("", None), ("3", 3), ("hw:0,0", "hw:0,0")])
def test_a_device_is_named_as_the_original_named_it(name: str, device: object) -> None:
    assert device_of(name) == device


def test_the_list_of_devices_shows_what_mic_device_takes() -> None:
    assert device_list(PlayedDevice()) == "  0  HDA Intel PCH: ALC (hw:0,0)  (2 input, 2 output, 48000 Hz)"


def test_a_device_that_is_not_there_is_noticed_before_anything_is_begun() -> None:
    class Bare(PlayedDevice):
        def query_devices(self, _device: object = None, _way: object = None) -> Any:  # noqa: ANN401 - as sounddevice
            raise self.PortAudioError("Error querying device -1")

    DeviceSound(PlayedDevice(), mic="default", speaker="default").check()
    device = Bare()
    with pytest.raises(UsageError, match=r"microphone can't be opened \(Error querying device -1\)"):
        DeviceSound(device, mic="default", speaker="default").check()
    assert device.streams == []
