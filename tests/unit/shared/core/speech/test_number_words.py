"""Number words against golden values; tests/contract/test_icu_number_words.py compares them with ICU's."""

import random
import re

import pytest

from shared.core.speech.number_words import LARGEST, SPELLERS, Gender, Plural

_SAMPLE = random.Random(7)
_NUMBERS = [*range(2100), *(_SAMPLE.randrange(10**digits) for digits in range(4, 10) for _ in range(400)), LARGEST]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (1, "një"),
        (10, "dhjetë"),
        (11, "njëmbëdhjetë"),
        (19, "nëntëmbëdhjetë"),
        (20, "njëzet"),
        (21, "njëzet e një"),
        (40, "dyzet"),
        (99, "nëntëdhjetë e nëntë"),
        (100, "njëqind"),
        (101, "njëqind e një"),
        (356, "treqind e pesëdhjetë e gjashtë"),
        (1000, "një mijë"),
        (1200, "një mijë e dyqind"),
        (2350, "dy mijë e treqind e pesëdhjetë"),
        (10_482, "dhjetë mijë e katërqind e tetëdhjetë e dy"),
        (
            999_999,
            "nëntëqind e nëntëdhjetë e nëntë mijë e nëntëqind e nëntëdhjetë e nëntë",
        ),
        (1_000_000, "një milion"),
        (3_000_003, "tri milionë e tre"),
    ],
)
def test_albanian_joins_every_part_by_e(number: int, words: str) -> None:
    assert SPELLERS["sq"].cardinal(number, Gender.BARE) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "нула"),
        (1, "еден"),
        (21, "дваесет и еден"),
        (100, "сто"),
        (120, "сто и дваесет"),
        (121, "сто дваесет и еден"),
        (1000, "илјада"),
        (1100, "илјада и сто"),
        (2350, "две илјади триста и педесет"),
        (21_000, "дваесет и една илјада"),
        (1_000_005, "еден милион и пет"),
        (2_400_000, "два милиони и четиристотини илјади"),
    ],
)
def test_macedonian_says_and_once_before_the_last_part(number: int, words: str) -> None:
    assert SPELLERS["mk"].cardinal(number, Gender.MASCULINE) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "nula"),
        (21, "dvadeset jedan"),
        (200, "dvesta"),
        (1000, "hiljadu"),
        (2350, "dve hiljade trista pedeset"),
        (5000, "pet hiljada"),
        (21_000, "dvadeset jedna hiljada"),
        (3_000_000, "tri miliona"),
    ],
)
def test_serbian_declines_thousands_and_millions(number: int, words: str) -> None:
    assert SPELLERS["sr"].cardinal(number, Gender.MASCULINE) == words


@pytest.mark.parametrize(
    ("code", "number", "gender", "words"),
    [
        ("sq", 3, Gender.FEMININE, "tri"),
        ("sq", 23, Gender.MASCULINE, "njëzet e tre"),
        ("mk", 2, Gender.NEUTER, "две"),
        ("mk", 1, Gender.FEMININE, "една"),
        ("sr", 2, Gender.FEMININE, "dve"),
        ("sr", 31, Gender.NEUTER, "trideset jedno"),
        ("it", 1, Gender.MASCULINE, "un"),
        ("it", 1, Gender.FEMININE, "una"),
        ("de", 1, Gender.BARE, "eins"),
        ("de", 1_000_000, Gender.MASCULINE, "eine Million"),
        ("de", 301_000_000, Gender.MASCULINE, "dreihunderteine Millionen"),
        ("de", 1, Gender.MASCULINE, "ein"),
        ("de", 101, Gender.FEMININE, "einhunderteine"),
        ("el", 1, Gender.FEMININE, "μία"),
        ("el", 1, Gender.MASCULINE, "ένας"),
        ("el", 4, Gender.MASCULINE, "τέσσερις"),
        ("el", 1200, Gender.FEMININE, "χίλιες διακόσιες"),
        ("el", 13_000, Gender.NEUTER, "δεκατρείς χιλιάδες"),
    ],
)
def test_numbers_agree_with_the_noun(code: str, number: int, gender: Gender, words: str) -> None:
    assert SPELLERS[code].cardinal(number, gender) == words


@pytest.mark.parametrize("code", SPELLERS)
def test_every_number_has_words_of_its_own_and_no_digit(code: str) -> None:
    words = {number: SPELLERS[code].cardinal(number, Gender.BARE) for number in _NUMBERS}
    assert len(set(words.values())) == len(words)
    assert not re.search(r"\d", "".join(words.values()))
    assert all(text == " ".join(text.split()) != "" for text in words.values())


@pytest.mark.parametrize(
    ("code", "number", "plural"),
    [
        ("sq", 1, Plural.ONE),
        ("sq", 21, Plural.OTHER),
        ("mk", 21, Plural.ONE),
        ("mk", 11, Plural.OTHER),
        ("mk", 2, Plural.OTHER),
        ("sr", 21, Plural.ONE),
        ("sr", 11, Plural.OTHER),
        ("sr", 23, Plural.FEW),
        ("sr", 13, Plural.OTHER),
        ("sr", 25, Plural.OTHER),
    ],
)
def test_the_number_decides_the_form_of_the_noun(code: str, number: int, plural: Plural) -> None:
    assert SPELLERS[code].plural(number) is plural
