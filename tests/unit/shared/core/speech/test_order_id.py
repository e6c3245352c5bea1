"""Order ids, as they are spoken."""

import pytest

from shared import languages
from shared.core.speech.order_id import spoken_order_id

SQ = languages.load("sq")


@pytest.mark.parametrize(
    ("order_id", "words"),
    [
        ("SHP-10482", "së hë pë, një zero katër, tetë dy"),
        ("7", "shtatë"),
        ("1042", "një zero katër dy"),
        ("104200", "një zero katër, dy zero zero"),
        ("1042007", "një zero katër, dy zero zero shtatë"),
        ("123456789", "një dy tre, katër pesë gjashtë, shtatë tetë nëntë"),
        ("1234567890", "një dy tre katër, pesë gjashtë shtatë, tetë nëntë zero"),
        ("A/7", "a, vizë e pjerrët, shtatë"),
        ("çë #9", "çë ë, nëntë"),
        ("B7Ж", "bë, shtatë, ж"),
        ("--", ""),
        ("+/+", ""),
        ("\u200b🎉", ""),
        ("A&amp;<b>7</b>", "a, shtatë"),
    ],
)
def test_an_order_id_is_read_out_in_small_groups(order_id: str, words: str) -> None:
    assert spoken_order_id(order_id, SQ) == words


def test_of_a_very_long_id_only_the_end_is_said() -> None:
    assert spoken_order_id("01HV3K8ZQ6X9-ABCD-4217EF", SQ) == "që mbaron me katër dy një shtatë, e fë"
