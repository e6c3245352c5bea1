"""Numbers, alone and in texts, as they are spoken."""

import pytest

from shared import languages
from shared.core.speech import numbers

SQ = languages.load("sq")


def test_a_number_beyond_the_spellers_is_said_digit_by_digit() -> None:
    assert numbers.cardinal(10**9, SQ) == "një" + " zero" * 9


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Rr. Agim Ramadani 12, Prishtinë", "Rruga Agim Ramadani dymbëdhjetë, Prishtinë"),
        ("rr.Nënë Tereza nr. 7", "Rruga Nënë Tereza numër shtatë"),
        ("Brr. 7", "Brr. shtatë"),
        ("iPhone15 256GB", "iPhone pesëmbëdhjetë dyqind e pesëdhjetë e gjashtë GB"),
        ("Ekran 6.5 inç", "Ekran gjashtë presje pesë inç"),
        ("6,75", "gjashtë presje shtatëdhjetë e pesë"),
        ("007", "zero zero shtatë"),
        ("0", "zero"),
        ("1234567890", "një dy tre katër pesë gjashtë shtatë tetë nëntë zero"),
        ("pa numra", "pa numra"),
    ],
)
def test_numbers_inside_texts_become_words(text: str, words: str) -> None:
    assert numbers.in_words(text, SQ) == words
