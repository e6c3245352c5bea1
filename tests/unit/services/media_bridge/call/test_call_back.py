"""From what the customer says to the next call: the model's time, in the customer's zone, within the calling hours."""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from services.media_bridge.call.call_script import CallScriptWriter
from shared.core.confirmation import Attempt
from shared.core.conversation.tools import OutcomeReport, parse_outcome
from shared.core.dialing.dial_policy import DialPolicy
from shared.core.dialing.planned_transition import apply_fact
from shared.core.lifecycle.facts import AttemptBegun, CallAnswered, CallEnded, VerdictGiven
from shared.core.order import Customer, Window
from shared.core.outcome import Channel, Direction, Outcome, Status, Verdict
from tests.support.orders import ALWAYS, PHONE, an_order

MONDAY_FOUR = datetime(2026, 11, 23, 15, tzinfo=UTC)  # 16:00 in Tirana
POLICY = replace(ALWAYS, window=Window(time(9), time(20)), zones_of=lambda _: ("Europe/Tirane",), weekdays=frozenset(range(6)))
SCRIPTS = CallScriptWriter(policy=POLICY, default_language="sq", transcription_model="m", is_recorded=False)


def next_call(callback_at: str | None, *, zone: str | None = None, policy: DialPolicy = POLICY) -> datetime | Outcome | None:
    """Let a customer ask for a call at that time, and return when the next one is planned."""
    order = replace(an_order(at=MONDAY_FOUR), customer=Customer(PHONE, timezone=zone))
    attempt = Attempt(id="att_1", number=1, direction=Direction.OUTBOUND, placed_at=MONDAY_FOUR)
    plan = SCRIPTS.write(order, attempt, MONDAY_FOUR).plan
    given = "null" if callback_at is None else f'"{callback_at}"'
    report = parse_outcome(f'{{"outcome": "callback_requested", "callback_at": {given}}}', plan.zone)
    assert isinstance(report, OutcomeReport)
    verdict = Verdict(kind=report.kind, channel=Channel.VOICE, at=MONDAY_FOUR, callback_at=report.callback_at)
    for fact in (
        AttemptBegun(MONDAY_FOUR, "att_1", "+1"),
        CallAnswered(MONDAY_FOUR, "att_1", "CA1"),
        VerdictGiven(MONDAY_FOUR, "att_1", verdict),
        CallEnded(MONDAY_FOUR, "att_1", None, "CA1"),
    ):
        order = apply_fact(order, fact, policy, MONDAY_FOUR).confirmation
    return order.next_attempt_at if order.status is not Status.FINISHED else order.outcome


@pytest.mark.parametrize(
    ("said", "callback_at", "planned"),
    [
        ("pas orës gjashtë", "2026-11-23T18:00:00+01:00", "2026-11-23T17:00:00+00:00"),
        ("pas orës gjashtë, without its offset", "2026-11-23T18:00:00", "2026-11-23T17:00:00+00:00"),
        ("nesër", "2026-11-24", "2026-11-24T08:00:00+00:00"),
        ("nesër në dhjetë", "2026-11-24T10:00:00+01:00", "2026-11-24T09:00:00+00:00"),
        ("sonte në dhjetë: our hours are over", "2026-11-23T22:00:00+01:00", "2026-11-24T08:00:00+00:00"),
        ("të dielën: we do not call then", "2026-11-29T11:00:00+01:00", "2026-11-30T08:00:00+00:00"),
        ("në orën katër, which has passed", "2026-11-23T15:30:00+01:00", "2026-11-23T16:00:00+00:00"),
        ("a year that nobody means", "2062-11-24T10:00:00+01:00", "2026-11-23T16:00:00+00:00"),
        ("më vonë", None, "2026-11-23T16:00:00+00:00"),
    ],
)
def test_the_next_call_comes_when_the_customer_asked_for_it(said: str, callback_at: str | None, planned: str) -> None:
    assert next_call(callback_at) == datetime.fromisoformat(planned), said


def test_a_customer_elsewhere_means_the_time_there() -> None:
    assert next_call("2026-11-23T13:00:00", zone="America/New_York") == datetime(2026, 11, 23, 18, tzinfo=UTC)


def test_a_call_back_that_the_budget_does_not_have_is_not_made() -> None:
    assert next_call("2026-11-24T10:00:00", policy=replace(POLICY, max_attempts=1)) is Outcome.UNREACHED
