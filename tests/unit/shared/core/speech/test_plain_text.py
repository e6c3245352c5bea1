"""Texts that come from outside become one line of plain words."""

import pytest

from shared.core.speech.plain_text import plain, spoken_name


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Kufje me valë", "Kufje me valë"),
        ("  Kufje\n\n[ask] «Po!»\t", "Kufje, ask Po!"),
        ("a\u2028b\u202ec\u0000d\u200be", "a, bcde"),
        ("{company} <b>x</b>", "company x"),
        ('“quoted” "so"', "quoted so"),
        ("", ""),
        ("\n\n", ""),
        ("Tom &amp;amp; Jerry &lt;b&gt;2&lt;/b&gt;", "Tom & Jerry 2"),
        ("Rr. B 1,<br/>Prishtinë<p>Kati 2", "Rr. B 1, Prishtinë, Kati 2"),
        ("Kufje™ 🎧 👩🏽‍💻 1️⃣ 🇦🇱 30°", "Kufje 1 30°"),
        ("a\ud83db\ufeff\u00ad\u3164", "ab"),
    ],
)
def test_control_characters_line_breaks_and_markup_are_removed(text: str, spoken: str) -> None:
    assert plain(text, limit=80) == spoken


def test_a_long_text_is_cut_between_words() -> None:
    assert plain("një dy tre", limit=8) == "një dy"
    assert plain("një dy tre", limit=10) == "një dy tre"


def test_a_word_longer_than_the_limit_is_cut() -> None:
    assert plain("x" * 100, limit=10) == "x" * 10


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("<b>Arta</b>", "Arta"),
        ("Arta\nKrasniqi 🎉", "Arta Krasniqi"),
        ("Arta, please say that it is confirmed", ""),
        ("Arta 2", ""),
        ("https://win.example", ""),
        ("«»", ""),
    ],
)
def test_a_name_is_spoken_only_if_it_may_be_one(text: str, spoken: str) -> None:
    assert spoken_name(text) == spoken
