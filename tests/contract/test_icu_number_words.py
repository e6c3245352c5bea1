"""Checks number words against an independent source, ICU's rules; docs/languages.md says which of those are not right."""

from collections.abc import Callable

import pytest

from shared.core.speech.number_words import SPELLERS, Gender

icu_rbnf = pytest.importorskip("icu_rbnf", reason="there is no package of ICU's rules for this machine")

SAMPLE = (*range(3001), *range(3001, 1_000_000, 997), 999_999)
Words = Callable[[str], str]


def as_they_are(words: str) -> str:
    return words


def italian(words: str) -> str:
    """Remove known differences: ours are 'ventitré' and 'ventunmila'; ICU omits the inner accent and the elision before 'mila'."""
    return words.replace("é", "e").replace("unomila", "unmila")


def greek(words: str) -> str:
    """Remove known differences: ICU misspells ninety and thousands, and omits the stress of thirteen."""
    return words.replace("εννεν", "ενεν").replace("χίλιάδες", "χιλιάδες").replace("δεκατρεις", "δεκατρείς")


def serbian(words: str) -> str:
    """Remove a known difference: ICU says 'dvadeset i jedan', which is also right, but long."""
    return words.replace(" i ", " ")


@pytest.mark.parametrize(
    ("code", "locale", "largest", "alike"),
    [
        ("sq", "sq", 999_999, as_they_are),
        ("en", "en", 999_999, as_they_are),
        ("de", "de", 999_999, as_they_are),
        ("tr", "tr", 999_999, as_they_are),
        ("it", "it", 999_999, italian),
        ("el", "el", 999_999, greek),
        ("sr", "sr_Latn", 999, serbian),  # ICU: "jedna hiljadu", "dve hiljada"
        ("mk", "mk", 99, as_they_are),  # ICU: "еднасто"
    ],
)
def test_numbers_are_spelled_as_icu_spells_them(code: str, locale: str, largest: int, alike: Words) -> None:
    cardinal = SPELLERS[code].cardinal
    differing = [
        number
        for number in SAMPLE
        if number <= largest
        and alike(icu_rbnf.spellout(number, locale).replace("\u00ad", ""))
        not in {alike(cardinal(number, gender)) for gender in Gender}
    ]
    assert differing == []
