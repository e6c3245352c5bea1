"""From a body to the core and back to JSON."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from services.webhook.api.confirmations.intake import new_confirmation
from services.webhook.api.confirmations.representation import confirmation_answer
from services.webhook.api.confirmations.requests import ConfirmationBody
from services.webhook.api.validation import validated
from shared.core.confirmation import Attempt, Confirmation, Phase
from shared.core.order import Money, OnMachine, Priority
from shared.core.outcome import AttemptResult, Channel, Direction, Evidence, Outcome, Status
from tests.support.orders import NOON
from tests.support.webhook.service import body, rules, small_body


def _taken_in(value: object) -> Confirmation:
    return new_confirmation(validated(ConfirmationBody, value, rules()), shop="shopaz", digest="d", now=NOON)


def test_every_member_of_a_body_reaches_the_core() -> None:
    call = {
        "not_before": "2026-11-25T09:00:00+01:00",
        "expires_at": "2026-11-26T09:00:00+01:00",
        "window": "10:00-24:00",
        "days": "mon,sat",
        "max_attempts": 7,
        "retry_delays": {"busy": 5},
        "on_machine": "leave_message",
        "priority": "high",
    }
    made = _taken_in(body(call=call))
    assert made.id.startswith("cnf_")
    assert len(made.id) == 30
    assert (made.shop, made.request_digest, made.created_at, made.status) == ("shopaz", "d", NOON, Status.WAITING)
    assert made.order.total == Money(Decimal("59.90"), "EUR")
    assert [(item.name, item.quantity) for item in made.order.items] == [("Kufje me valë", 1)]
    assert made.order.delivery is not None
    assert made.order.delivery.date == date(2026, 11, 25)
    assert (made.customer.name, made.customer.timezone) == ("Arta", "Europe/Belgrade")
    assert made.call.not_before == datetime(2026, 11, 25, 8, tzinfo=UTC)
    assert (made.call.days, made.call.max_attempts) == (frozenset({0, 5}), 7)
    assert made.call.retry_delays == {"busy": 5}
    assert (made.call.on_machine, made.call.priority) == (OnMachine.LEAVE_MESSAGE, Priority.HIGH)
    assert made.metadata == {"crm_id": "42"}


def test_ids_are_in_the_order_of_time_and_never_the_same() -> None:
    ids = {_taken_in(small_body()).id for _ in range(100)}
    assert len(ids) == 100


def test_what_was_left_out_is_null_and_wishes_are_filled_from_the_settings() -> None:
    shown = confirmation_answer(_taken_in(small_body()), rules(CALL_WINDOW="10:00-19:00", MAX_ATTEMPTS="4").policy)
    assert list(shown) == [
        *("id", "shop", "status", "outcome", "order", "company", "customer", "call", "metadata"),
        *("created_at", "updated_at", "next_attempt_at", "waiting_for", "evidence", "attempts"),
    ]
    assert shown["order"] == {"id": "A-1", "total": None, "currency": None, "items": [], "delivery": None}
    assert shown["customer"] == {"phone": "+38344123456", "name": None, "language": None, "timezone": None}
    assert (shown["call"]["window"], shown["call"]["max_attempts"]) == ("10:00-19:00", 4)
    assert shown["call"]["retry_delays"]["undecided"] == 3600
    assert (shown["call"]["on_machine"], shown["call"]["priority"]) == ("hang_up", "normal")
    assert (shown["outcome"], shown["evidence"], shown["attempts"], shown["metadata"]) == (None, None, [], {})
    assert shown["created_at"] == "2026-11-23T12:00:00.000Z"


def test_the_shops_own_wishes_come_back() -> None:
    shown = confirmation_answer(_taken_in(body()), rules().policy)
    assert shown["order"] == {
        "id": "SHP-10482",
        "total": "59.90",
        "currency": "EUR",
        "items": [{"name": "Kufje me valë", "quantity": 1}],
        "delivery": {"address": "Rr. Agim Ramadani 12, Prishtinë", "date": "2026-11-25"},
    }
    assert shown["call"]["window"] == "09:00-20:00"
    assert shown["call"]["retry_delays"]["busy"] == 300


def test_wishes_are_shown_as_far_as_the_settings_allow_them() -> None:
    wished = _taken_in(body(call={"window": "08:00-12:00", "days": "fri-sun", "max_attempts": 7}))
    shown = confirmation_answer(wished, rules(CALL_WINDOW="10:00-19:00", CALL_DAYS="mon-sat", MAX_ATTEMPTS="4").policy)["call"]
    assert (shown["window"], shown["days"], shown["max_attempts"]) == ("10:00-12:00", "fri-sat", 4)


def test_attempts_and_evidence_are_shown() -> None:
    attempt = Attempt(
        id="att_1",
        number=1,
        direction=Direction.OUTBOUND,
        placed_at=NOON,
        phase=Phase.ENDED,
        from_number="+38344000000",
        call_sid="CA1",
        answered_by="human",
        answered_at=NOON + timedelta(seconds=4),
        ended_at=NOON + timedelta(seconds=34),
        duration_s=30,
        disclosure_played_at=NOON + timedelta(seconds=9),
        result=AttemptResult.CANCELLED,
        cost_usd=Decimal("0.0123"),
    )
    evidence = Evidence(channel=Channel.VOICE, quote="anulojeni", note=None, attempt=1, at=NOON)
    finished = replace(
        _taken_in(small_body()),
        status=Status.FINISHED,
        outcome=Outcome.CANCELLED,
        attempts=(attempt,),
        evidence=evidence,
    )
    shown = confirmation_answer(finished, rules().policy)
    assert shown["outcome"] == "cancelled"
    assert shown["evidence"] is not None
    assert shown["evidence"]["quote"] == "anulojeni"
    assert shown["attempts"] == [
        {
            "number": 1,
            "direction": "outbound",
            "call_sid": "CA1",
            "from": "+38344000000",
            "result": "cancelled",
            "reason": None,
            "answered_by": "human",
            "placed_at": "2026-11-23T12:00:00.000Z",
            "answered_at": "2026-11-23T12:00:04.000Z",
            "ended_at": "2026-11-23T12:00:34.000Z",
            "duration_s": 30,
            "disclosure_played_at": "2026-11-23T12:00:09.000Z",
            "late_decision": None,
            "cost": "0.0123",
        }
    ]
