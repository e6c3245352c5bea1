"""What a call says, and how that sounds on a phone, is what was kept; `python -m tools.generators.golden_speech` renders anew."""

import pytest

from shared import languages
from simulators.speech import voice
from tests.support.likeness import likeness
from tools.generators import golden_speech

CODES = languages.supported()
SAME = 0.5
"""Between another rendering of the same words (0.7 to 1.0: espeak-ng lets the pitch flutter) and other words (0.2 at most)."""


@pytest.mark.parametrize("code", CODES)
def test_the_words_are_those_kept(code: str) -> None:
    assert golden_speech.words(code) == golden_speech.golden_words(code)


@pytest.mark.parametrize("code", CODES)
def test_the_sound_is_the_one_kept(code: str) -> None:
    today, kept = golden_speech.heard(code), golden_speech.golden_sound(code)

    assert len(today) == pytest.approx(len(kept), rel=0.03)
    assert likeness(today, kept) > SAME


def test_another_language_sounds_otherwise() -> None:
    assert likeness(golden_speech.golden_sound("en"), golden_speech.golden_sound("sq")) < SAME / 2


def test_a_price_that_is_off_by_ten_is_heard() -> None:
    said, other = ("njëzet e tre euro e pesëdhjetë cent", "dyqind e tridhjetë e pesë euro")

    assert likeness(voice.speak(said), voice.speak(said)) > SAME
    assert likeness(voice.speak(said), voice.speak(other)) < SAME
