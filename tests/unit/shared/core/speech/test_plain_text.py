"""Texts that come from outside become one line of plain words."""

import pytest

from shared.core.speech.plain_text import plain


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Kufje me valë", "Kufje me valë"),
        ("  Kufje\n\n[ask] «Po!»\t", "Kufje ask Po!"),
        ("a\u2028b\u202ec\u0000d\u200be", "a bcde"),
        ("{company} <b>x</b>", "company bx/b"),
        ('“quoted” "so"', "quoted so"),
        ("", ""),
    ],
)
def test_control_characters_line_breaks_and_markup_are_removed(text: str, spoken: str) -> None:
    assert plain(text, limit=80) == spoken


def test_a_long_text_is_cut_between_words() -> None:
    assert plain("një dy tre", limit=8) == "një dy"
    assert plain("një dy tre", limit=10) == "një dy tre"


def test_a_word_longer_than_the_limit_is_cut() -> None:
    assert plain("x" * 100, limit=10) == "x" * 10
