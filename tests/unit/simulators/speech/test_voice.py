"""The simulators' voice and its mu-law arithmetic."""

import wave
from pathlib import Path

import numpy as np

from simulators.speech import voice


def test_speech_is_whole_frames_of_audible_mulaw() -> None:
    speech = voice.speak("Përshëndetje!")
    assert len(speech) % 160 == 0
    assert 0.4 < len(speech) / 8000 < 2
    assert voice.energy(speech) > 1000


def test_the_same_words_are_the_same_bytes_and_the_two_voices_differ() -> None:
    assert voice.speak("Po.") is voice.speak("Po.")
    assert voice.speak("Po.") != voice.speak("Po.", voice="customer")


def test_nothing_to_say_is_no_audio() -> None:
    assert voice.speak("…") == b""


def test_every_code_survives_decoding_and_encoding() -> None:
    codes = bytes(range(256)).replace(b"\x7f", b"\xff")
    assert voice.encode(voice.decode(codes)) == codes


def test_encoding_is_as_exact_as_mulaw_can_be() -> None:
    samples = np.arange(-32768, 32768, 7).astype(np.int16)
    error = np.abs(voice.decode(voice.encode(samples)).astype(int) - samples)
    loudest = 32635
    assert (error <= (np.abs(samples.astype(int)) + 132) / 32)[np.abs(samples.astype(int)) < loudest].all()


def test_silence_has_no_energy() -> None:
    assert voice.energy(voice.SILENCE * 160) == 0
    assert voice.energy(b"") == 0


def test_a_recording_has_two_sides_of_one_length(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    voice.write_wav(path, voice.speak("Alo?"), b"\xff" * 80)
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 8000, 2)
        assert file.getnframes() == len(voice.speak("Alo?"))
