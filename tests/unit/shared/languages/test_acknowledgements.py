"""What is said after a decision when the call goes on about another order: the goodbye without its farewell."""

import pytest

from shared import languages
from shared.core.order import Order
from shared.core.speech.script import render

CASES = [(code, result) for code in languages.supported() for result in ("confirmed", "cancelled", "change_requested")]


@pytest.mark.parametrize(("code", "result"), CASES)
def test_a_decision_is_acknowledged_in_one_sentence_or_two_without_a_farewell(code: str, result: str) -> None:
    script = render(languages.load(code), company="Shopaz", order=Order("A-1"))
    said, goodbye = script.acknowledgements[result], script.goodbyes[result]
    assert goodbye.startswith(said)
    assert 10 < len(said) < len(goodbye)
    assert said.endswith((".", "!"))


def test_the_next_order_is_not_greeted_again() -> None:
    script = render(languages.load("sq"), company="Shopaz", order=Order("A-1"))
    assert script.for_next_order().greeting.startswith("Keni edhe një porosi tjetër nga Shopaz")
