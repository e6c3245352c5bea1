"""Sounds and files: what counts as audible, and every kind of WAV as 8 kHz mu-law."""

import io
import struct
import wave

import numpy as np
import pytest

from simulators.speech import voice
from simulators.twilio.media import sounds
from simulators.twilio.media.wav import WavError, to_mulaw


def test_words_a_beep_and_a_cough_are_audible_silence_and_room_noise_are_not() -> None:
    assert sounds.is_audible(sounds.beep())
    assert sounds.is_audible(sounds.cough(200))
    assert sounds.is_audible(voice.speak("Po", voice="customer"))
    assert not sounds.is_audible(sounds.SILENT_FRAME)
    assert not any(sounds.is_audible(frame) for frame in sounds.room_noise(40.0))
    assert not sounds.is_audible(b"")


def test_all_come_in_whole_frames() -> None:
    assert {len(sounds.beep()) % 160, len(sounds.cough(33)) % 160, len(sounds.in_room(b"\x80" * 320, 30)) % 160} == {0}
    assert {len(frame) for frame in sounds.room_noise(40.0)} == {160}


def test_noise_lies_under_words_without_drowning_them() -> None:
    words = voice.speak("Po, e konfirmoj", voice="customer")

    assert sounds.in_room(words, 0) == words
    assert 0.9 < voice.energy(sounds.in_room(words, 100)) / voice.energy(words) < 1.1


def pcm_file(*, rate_hz: int, channels: int) -> bytes:
    samples = (8000 * np.sin(2 * np.pi * 400 * np.arange(rate_hz) / rate_hz)).astype("<i2")
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.repeat(samples, channels).tobytes())
    return content.getvalue()


@pytest.mark.parametrize(("rate_hz", "channels"), [(8000, 1), (16000, 1), (22050, 2)])
def test_pcm_of_any_rate_is_a_second_of_the_same_loudness(rate_hz: int, channels: int) -> None:
    mulaw = to_mulaw(pcm_file(rate_hz=rate_hz, channels=channels))

    assert len(mulaw) == 8000
    assert 5000 < voice.energy(mulaw) < 6000


def test_a_mulaw_file_is_played_as_it_is() -> None:
    audio = voice.speak("Mirë")
    form = struct.pack("<HHIIHH", 7, 1, 8000, 8000, 1, 8)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(audio)) + audio

    assert to_mulaw(b"RIFF" + struct.pack("<I", len(body)) + body) == audio


@pytest.mark.parametrize("content", [b"", b"ID3 mp3", b"RIFF\x00\x00\x00\x00WAVEdata\x00\x00\x00\x00"])
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(WavError):
        to_mulaw(content)
