"""Files in a microphone's place."""

import wave
from pathlib import Path

import numpy as np
import pytest

from shared.languages.wav import pack
from simulators.speech import voice
from tools.mic_client.options import UsageError
from tools.mic_client.pacer import FRAME
from tools.mic_client.playback import Playback
from tools.mic_client.sound import FileSound, read_wav


def a_wav(path: Path, *, rate: int, channels: int = 1) -> Path:
    sound = (9000 * np.sin(2 * np.pi * 500 * np.arange(rate) / rate)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(sound, channels).tobytes())
    return path


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 2), (48000, 1), (16000, 2)])
def test_any_usual_wav_file_becomes_a_telephones_sound(tmp_path: Path, rate: int, channels: int) -> None:
    pcm = read_wav(a_wav(tmp_path / "a.wav", rate=rate, channels=channels))

    assert pcm.size == pytest.approx(8000, abs=40)
    assert np.abs(pcm).max() == pytest.approx(9000, rel=0.05)


def test_a_stored_prompt_can_be_spoken(tmp_path: Path) -> None:
    path = tmp_path / "prompt.wav"
    path.write_bytes(pack(b"\x10\x20"))

    assert read_wav(path).tolist() == voice.decode(b"\x10\x20").tolist()


def test_another_file_is_named_with_what_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(b"RIFF....")

    with pytest.raises(UsageError, match="16-bit PCM"):
        read_wav(path)


def test_a_file_waits_until_it_may_speak_then_is_spoken_whole_and_silence_follows() -> None:
    sound = FileSound(np.full(FRAME + 40, 7000, np.int16))
    sound.start(Playback(1.0), lambda _pulled, _delay_s: None)

    assert not sound.frame(may_speak=False).any()
    assert sound.frame(may_speak=True).all()
    was_spoken = sound.is_spoken
    last = sound.frame(may_speak=True)
    assert last.size == FRAME
    assert int(np.count_nonzero(last)) == 40
    assert (was_spoken, sound.is_spoken) == (False, True)
    assert not sound.frame(may_speak=True).any()


def test_the_bots_voice_is_drained_frame_by_frame() -> None:
    playback, heard = Playback(1.0), []
    sound = FileSound(np.zeros(0, np.int16))
    sound.start(playback, lambda pulled, _delay_s: heard.append(pulled))
    playback.play(b"\x10" * 320)

    sound.frame(may_speak=False)

    assert [pulled.mulaw for pulled in heard] == [b"\x10" * 160]
