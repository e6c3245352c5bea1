"""Callers without proof cost an order nothing, whatever they do; a call back that a caller asked for is made."""

from datetime import datetime

from shared.core.confirmation import Confirmation
from shared.core.dialing.planned_transition import apply_fact
from shared.core.lifecycle.facts import (
    AttemptBegun,
    CallAnswered,
    CallEnded,
    CallerJoined,
    CallerProven,
    CallPlaced,
    Fact,
    InboundCallArrived,
    PlacingUndone,
    VerdictGiven,
)
from shared.core.order import CallWishes
from shared.core.outcome import AttemptResult, Outcome, Status, VerdictKind
from tests.support.orders import ALWAYS, NOON, after, an_order, verdict

FROM = "+38344000000"
DAY_S = 24 * 3600
RINGS = (AttemptBegun(NOON, "att_1", FROM), CallPlaced(after(1), "att_1", "CA1"))
JOINED = (CallerJoined(after(3), "att_1", "CA9"), CallEnded(after(4), "att_1", None, "CA1"))
LEFT = CallEnded(after(12), "att_1", None, "CA9", 9)


def called_back(attempt_id: str, at_s: float, callback_at: datetime | None = None) -> VerdictGiven:
    return VerdictGiven(after(at_s), attempt_id, verdict(VerdictKind.CALLBACK_REQUESTED, after(at_s), callback_at))


def asks(attempt_id: str, at_s: float) -> tuple[Fact, ...]:
    """A caller asks for a call back and hangs up 3 s after the call began."""
    call_sid = f"CA_{attempt_id}"
    return (
        InboundCallArrived(after(at_s), attempt_id, call_sid),
        called_back(attempt_id, at_s + 2),
        CallEnded(after(at_s + 3), attempt_id, None, call_sid, 3),
    )


def rung_and_joined(attempt_id: str, at_s: float) -> tuple[Fact, ...]:
    """We ring; a caller joins, hangs up, and our own call is cancelled."""
    return (
        AttemptBegun(after(at_s), attempt_id, FROM),
        CallPlaced(after(at_s + 0.3), attempt_id, f"CA_{attempt_id}"),
        CallerJoined(after(at_s + 1), attempt_id, f"CB_{attempt_id}"),
        CallEnded(after(at_s + 1.5), attempt_id, None, f"CA_{attempt_id}"),
        CallEnded(after(at_s + 3), attempt_id, None, f"CB_{attempt_id}", 2),
    )


def unanswered(attempt_id: str, at_s: float) -> tuple[Fact, ...]:
    call_sid = f"CA_{attempt_id}"
    return (
        AttemptBegun(after(at_s), attempt_id, FROM),
        CallEnded(after(at_s + 25), attempt_id, AttemptResult.NO_ANSWER, call_sid),
    )


def confirmation_after(*facts: Fact, of: Confirmation | None = None) -> Confirmation:
    confirmation = of or an_order()
    for fact in facts:
        confirmation = apply_fact(confirmation, fact, ALWAYS, fact.at).confirmation
    return confirmation


def test_call_backs_that_are_joined_by_the_caller_who_asked_use_up_no_budget() -> None:
    told = an_order()
    for turn in range(ALWAYS.max_attempts + 1):
        told = confirmation_after(*asks(f"in_{turn}", 10 * turn), *rung_and_joined(f"out_{turn}", 10 * turn + 4), of=told)
        assert (told.outcome, told.attempts_spent) == (None, 0)


def test_a_call_that_is_joined_without_proof_leaves_the_next_call_where_it_was() -> None:
    told = confirmation_after(*RINGS, *JOINED, LEFT, of=confirmation_after(of=an_order()))
    assert (told.attempts_spent, told.status, told.next_attempt_at) == (0, Status.QUEUED, after(12))
    assert told.attempts[0].result is AttemptResult.UNDECIDED


def test_it_stays_at_the_time_for_which_it_was_planned() -> None:
    planned = confirmation_after(*unanswered("att_0", 0))
    due = planned.next_attempt_at
    assert due == after(25 + 1800)
    joined = confirmation_after(*rung_and_joined("att_1", 25 + 1800), of=planned)
    assert joined.next_attempt_at == due


def test_a_caller_with_proof_who_joins_and_decides_nothing_has_been_reached() -> None:
    told = confirmation_after(*RINGS, *JOINED, CallerProven(after(5), "att_1"), LEFT)
    assert (told.attempts_spent, told.next_attempt_at) == (1, after(12 + 3600))


def test_a_call_back_for_which_a_caller_asks_on_the_last_ring_is_made() -> None:
    last = an_order(call=CallWishes(max_attempts=1))
    for proof in ((), (CallerProven(after(5), "att_1"),)):
        told = confirmation_after(*RINGS, *JOINED, *proof, called_back("att_1", 10, after(100)), LEFT, of=last)
        assert told.outcome is None
        assert told.next_attempt_at is not None
        assert told.next_attempt_at <= after(100)
        begun = confirmation_after(AttemptBegun(after(100), "att_2", FROM), of=told)
        assert begun.open_attempt is not None
        assert begun.attempts_spent == (2 if proof else 0)


def test_it_is_made_once_and_the_budget_holds_again() -> None:
    last = an_order(call=CallWishes(max_attempts=1))
    proven = (*RINGS, *JOINED, CallerProven(after(5), "att_1"), called_back("att_1", 10, after(100)), LEFT)
    assert confirmation_after(*proven, *unanswered("att_2", 100), of=last).outcome is Outcome.UNREACHED


def test_a_call_back_whose_placing_is_undone_is_still_owed() -> None:
    begun = confirmation_after(*asks("in_1", 0), AttemptBegun(after(4), "att_1", FROM))
    undone = confirmation_after(
        PlacingUndone(after(5), "att_1", retry_at=after(7)), AttemptBegun(after(7), "att_2", FROM), of=begun
    )
    assert undone.open_attempt is not None
    assert undone.open_attempt.is_call_back


def test_one_caller_without_proof_may_ask_for_a_call_back_in_24_hours() -> None:
    made = confirmation_after(*asks("in_1", 0), *unanswered("att_1", 4))
    again = confirmation_after(*asks("in_2", 100), of=made)
    assert (again.attempts[-1].verdict, again.next_attempt_at) == (None, made.next_attempt_at)
    next_day = confirmation_after(*asks("in_2", DAY_S), of=made)
    assert next_day.attempts[-1].asks_call_back


def test_a_caller_with_proof_may_ask_for_one_all_the_same() -> None:
    made = confirmation_after(*asks("in_1", 0), *unanswered("att_1", 4))
    arrived, wish, ended = asks("in_2", 100)
    told = confirmation_after(arrived, CallerProven(after(101), "in_2"), wish, ended, of=made)
    assert told.attempts[-1].asks_call_back


def test_a_call_back_without_proof_keeps_the_appointment_of_the_customer() -> None:
    appointment = after(6 * 3600)
    agreed = confirmation_after(
        *RINGS,
        CallAnswered(after(2), "att_1", "CA1"),
        called_back("att_1", 5, appointment),
        CallEnded(after(9), "att_1", None, "CA1", 7),
    )
    assert agreed.next_attempt_at == appointment
    asked = confirmation_after(*asks("in_1", 60), of=agreed)
    assert asked.status is Status.QUEUED
    assert confirmation_after(*unanswered("att_2", 64), of=asked).next_attempt_at == appointment
    joined = confirmation_after(*rung_and_joined("att_2", 64), of=asked)
    assert joined.next_attempt_at == appointment


def test_after_a_call_back_that_rang_we_pause_as_after_every_call() -> None:
    due = confirmation_after(*unanswered("att_1", 0))
    assert confirmation_after(*asks("in_1", 1800), *unanswered("att_2", 1804), of=due).next_attempt_at == after(1804 + 25 + 1800)


def test_nobody_joins_an_attempt_in_which_somebody_has_decided() -> None:
    decided = confirmation_after(*RINGS, VerdictGiven(after(2), "att_1", verdict(VerdictKind.OPTED_OUT)))
    assert confirmation_after(JOINED[0], of=decided) is decided
