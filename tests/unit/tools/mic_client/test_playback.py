"""What the loudspeaker gets, and when a mark counts as heard."""

import numpy as np
import pytest

from simulators.speech import voice
from tools.mic_client.playback import Playback, louder

WORD = voice.encode(np.full(800, 8000, np.int16))  # 100 ms


def test_silence_while_nothing_is_said() -> None:
    assert not Playback(1.0).pull(160).pcm.any()


def test_what_is_said_is_heard_once_in_order() -> None:
    playback = Playback(1.0)
    playback.play(WORD)

    heard = np.concatenate([playback.pull(160).pcm for _ in range(6)])

    assert heard[:800].all()
    assert not heard[800:].any()


def test_a_mark_comes_back_when_all_before_it_was_heard() -> None:
    playback = Playback(1.0)
    playback.play(WORD)
    assert playback.mark("m1") == ()

    assert [playback.pull(160).marks for _ in range(4)] == [()] * 4
    ((name, offset_s),) = playback.pull(320).marks
    assert name == "m1"
    assert offset_s == pytest.approx(0.02)


def test_a_mark_behind_nothing_comes_back_at_once() -> None:
    assert Playback(1.0).mark("m1") == ("m1",)


def test_clear_silences_at_once_and_sends_the_marks_back() -> None:
    playback = Playback(1.0)
    playback.play(WORD)
    playback.mark("m1")
    playback.pull(160)

    assert playback.clear() == ("m1",)
    assert playback.waiting_s == 0
    pulled = playback.pull(160)
    assert not pulled.pcm.any()
    assert pulled.marks == ()


def test_after_a_clear_new_words_begin_at_once() -> None:
    playback = Playback(1.0)
    playback.play(WORD)
    playback.clear()
    playback.pull(1600)
    playback.play(WORD)
    playback.mark("m2")

    pulled = playback.pull(1600)

    assert pulled.pcm[:800].all()
    assert [name for name, _ in pulled.marks] == ["m2"]


@pytest.mark.parametrize("gain", [1.0, 1.5, 3.0])
def test_the_gain_lifts_quiet_sounds_and_never_wraps_round(gain: float) -> None:
    quiet, loudest = louder(np.array([300, 32767, -32768], np.int16), gain)[[0, 1]]

    assert quiet == pytest.approx(300 * gain, rel=0.02)
    assert 24000 < loudest <= 32767


def test_what_is_recorded_is_what_was_sent_whatever_the_gain() -> None:
    playback = Playback(3.0)
    playback.play(WORD)

    assert playback.pull(800).mulaw == WORD
