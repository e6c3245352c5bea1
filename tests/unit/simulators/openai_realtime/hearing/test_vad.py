"""Turns are found by the energy of the audio, and counted in its milliseconds."""

import numpy as np

from simulators.openai_realtime.hearing.vad import SpeechStarted, SpeechStopped, VadSettings, VoiceActivity
from simulators.speech import voice

SETTINGS = VadSettings(threshold=0.5, prefix_padding_ms=100, silence_duration_ms=200)
LOUD = voice.encode((np.sin(np.arange(160)) * 3000).astype(np.int16))
FAINT = voice.encode((np.sin(np.arange(160)) * 300).astype(np.int16))
QUIET = voice.SILENCE * 160


def _events(audio: bytes, settings: VadSettings | None = SETTINGS) -> list[SpeechStarted | SpeechStopped]:
    return VoiceActivity().append(audio, settings)


def test_a_turn_begins_with_its_padding_and_ends_with_its_silence() -> None:
    started, stopped = _events(QUIET * 10 + LOUD * 20 + QUIET * 20)
    assert started == SpeechStarted(100)
    assert isinstance(stopped, SpeechStopped)
    assert stopped.audio_end_ms == 200 + 400 + 200
    assert len(stopped.segment) == (800 - 100) * 8


def test_the_padding_reaches_not_before_the_beginning_nor_into_the_turn_before() -> None:
    first, stopped, second = _events(QUIET + LOUD * 5 + QUIET * 10 + LOUD * 5)
    assert first == SpeechStarted(0)
    assert isinstance(stopped, SpeechStopped)
    assert second == SpeechStarted(stopped.audio_end_ms)


def test_a_click_and_faint_noise_are_no_speech() -> None:
    assert _events(QUIET * 5 + LOUD + QUIET * 20) == []
    assert _events(FAINT * 50) == []
    assert len(_events(FAINT * 50, VadSettings(threshold=0.1))) == 1


def test_a_short_pause_does_not_end_a_turn() -> None:
    assert len(_events(LOUD * 5 + QUIET * 9 + LOUD * 5 + QUIET * 9)) == 1


def test_nothing_closes_a_turn_but_audio() -> None:
    activity = VoiceActivity()
    activity.append(LOUD * 5, SETTINGS)
    assert activity.append(b"", SETTINGS) == []


def test_audio_may_come_in_any_chunks() -> None:
    whole = QUIET * 10 + LOUD * 20 + QUIET * 20
    activity = VoiceActivity()
    events = [event for at in range(0, len(whole), 77) for event in activity.append(whole[at : at + 77], SETTINGS)]
    assert events == _events(whole)
    assert activity.heard_ms == 1000


def test_without_turn_detection_audio_is_only_kept() -> None:
    activity = VoiceActivity()
    assert activity.append(LOUD * 10, None) == []
    assert activity.buffered_ms == 200
    assert activity.take() == LOUD * 10
    assert activity.buffered_ms == 0
