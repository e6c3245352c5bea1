"""What is encoded is what the OpenAPI document describes: both come from one definition."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator, ValidationError
from pydantic import TypeAdapter

from services.webhook.api.confirmations.intake import new_confirmation
from services.webhook.api.confirmations.representation import ConfirmationAnswer, confirmation_answer
from services.webhook.api.confirmations.requests import ConfirmationBody
from services.webhook.api.validation import validated
from shared.core.confirmation import Attempt, Confirmation, Phase
from shared.core.outcome import AttemptResult, Channel, Direction, Evidence, Outcome, Status
from tests.support.orders import NOON
from tests.support.webhook.service import body, rules, small_body

SCHEMA = TypeAdapter(ConfirmationAnswer).json_schema(mode="serialization")


def encoded(value: object, change: Callable[[Confirmation], Confirmation] = lambda made: made) -> Any:  # noqa: ANN401 - JSON
    made = new_confirmation(validated(ConfirmationBody, value, rules()), shop="shopaz", digest="d", now=NOON)
    return msgspec.json.decode(msgspec.json.encode(confirmation_answer(change(made), rules().policy)))


def finished(confirmation: Confirmation) -> Confirmation:
    attempt = Attempt(
        id="att_1",
        number=1,
        direction=Direction.OUTBOUND,
        placed_at=NOON,
        phase=Phase.ENDED,
        from_number="+38344000000",
        result=AttemptResult.CANCELLED,
        cost_usd=Decimal("0.0123"),
    )
    evidence = Evidence(channel=Channel.VOICE, quote="anulojeni", note=None, attempt=1, at=NOON, language="sq")
    return replace(
        confirmation, status=Status.FINISHED, outcome=Outcome.CANCELLED, attempts=(attempt,), evidence=evidence, is_test=True
    )


@pytest.mark.parametrize("answer", [encoded(small_body()), encoded(body()), encoded(body(), finished)])
def test_every_confirmation_is_as_described(answer: dict[str, Any]) -> None:
    Draft202012Validator(SCHEMA).validate(answer)


def test_no_member_may_be_missing_or_unknown() -> None:
    for wrong in (
        {name: value for name, value in encoded(body()).items() if name != "evidence"},
        encoded(body()) | {"digest": "d"},
        encoded(body()) | {"attempts": [{**encoded(body(), finished)["attempts"][0], "direction": "sideways"}]},
        encoded(body()) | {"call": {**encoded(body())["call"], "on_machine": "shout"}},
    ):
        with pytest.raises(ValidationError):
            Draft202012Validator(SCHEMA).validate(wrong)


def test_only_a_test_order_says_that_it_is_one() -> None:
    assert "is_test" not in encoded(body())
    assert encoded(body(), finished)["is_test"] is True
    assert "is_test" not in SCHEMA["required"]
