"""The name under which OpenAI knows a customer."""

import re

from services.media_bridge.openai.safety_identifier import safety_identifier

SECRET = "x" * 32
PHONE = "+38344123456"


def test_a_number_always_has_the_same_name_which_does_not_hold_it() -> None:
    name = safety_identifier(SECRET, PHONE)
    assert name == safety_identifier(SECRET, PHONE)
    assert re.fullmatch("[0-9a-f]{64}", name)
    assert PHONE[1:] not in name


def test_other_numbers_and_other_secrets_give_other_names() -> None:
    assert (
        len({safety_identifier(SECRET, PHONE), safety_identifier(SECRET, PHONE[:-1] + "7"), safety_identifier("y" * 32, PHONE)})
        == 3
    )
