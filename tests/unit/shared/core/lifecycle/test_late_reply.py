"""A customer who phones us after the order was finished: the outcome stays, and the shop is told what was added."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.confirmation import Conclusion, Confirmation
from shared.core.dialing.planned_transition import PlannedTransition, apply_fact
from shared.core.dialing.reconciliation import Reconciliation, due_reconciliation, wakes
from shared.core.lifecycle.facts import (
    AttemptBegun,
    CallEnded,
    CallerProven,
    ConversationEnded,
    Fact,
    InboundCallArrived,
    StreamOpened,
    VerdictGiven,
    Withdrawn,
)
from shared.core.lifecycle.shop_event import EventType
from shared.core.outcome import AttemptResult, Outcome, Status, VerdictKind
from tests.support.orders import ALWAYS, NOON, after, an_order, verdict

FINISHED_AT = after(40)
DONE = (
    AttemptBegun(NOON, "att_1", "+38344000000"),
    VerdictGiven(after(20), "att_1", verdict(VerdictKind.CONFIRMED, after(20))),
    CallEnded(FINISHED_AT, "att_1", None, "CA1", 34),
)
ARRIVED = InboundCallArrived(after(3600), "att_2", "CA2")
PROVEN = CallerProven(after(3610), "att_2")
CANCELS = VerdictGiven(after(3620), "att_2", verdict(VerdictKind.CANCELLED, after(3620)))
ENDED = CallEnded(after(3630), "att_2", None, "CA2", 30)


def steps(*facts: Fact, of: Confirmation | None = None) -> list[PlannedTransition]:
    confirmation, done = of or an_order(), []
    for fact in facts:
        done.append(apply_fact(confirmation, fact, ALWAYS, fact.at))
        confirmation = done[-1].confirmation
    return done


def finished() -> Confirmation:
    return steps(*DONE)[-1].confirmation


def test_what_a_proven_caller_adds_is_told_with_its_evidence_and_the_outcome_stays() -> None:
    before = finished()
    told = steps(ARRIVED, PROVEN, CANCELS, ENDED, of=before)
    assert [event for step in told[:-1] for event in step.transition.shop_events] == []
    (event,) = told[-1].transition.shop_events
    assert (event.type, event.sequence, event.at) == (EventType.LATE_REPLY, before.sequence + 1, after(3630))
    assert (event.status, event.outcome, event.last_result) == (Status.FINISHED, Outcome.CONFIRMED, AttemptResult.CANCELLED)
    assert event.evidence is not None
    assert (event.evidence.attempt, event.evidence.quote) == (2, "po, e konfirmoj")
    after_it = told[-1].confirmation
    assert (after_it.status, after_it.outcome, after_it.evidence) == (Status.FINISHED, Outcome.CONFIRMED, before.evidence)
    assert after_it.updated_at == before.updated_at, "neither the 48 hours nor the retention begin anew"
    assert after_it.sequence == before.sequence + 1
    assert after_it.next_attempt_at is None


def test_the_end_that_is_held_for_the_bridge_tells_it_once_the_bridge_has_written() -> None:
    concluded = ConversationEnded(after(3640), "att_2", None, "decided")
    told = steps(ARRIVED, StreamOpened(after(3601), "att_2", "CA2", "MZ2"), PROVEN, ENDED, CANCELS, concluded, of=finished())
    assert [event.type for step in told for event in step.transition.shop_events] == [EventType.LATE_REPLY]


@pytest.mark.parametrize("kind", list(VerdictKind))
def test_a_caller_without_proof_adds_nothing(kind: VerdictKind) -> None:
    says = VerdictGiven(after(3620), "att_2", verdict(kind, after(3620)))
    told = steps(ARRIVED, says, ENDED, of=finished())
    assert [event for step in told for event in step.transition.shop_events] == []
    assert not told[1].opts_out


def test_a_call_in_which_nothing_was_decided_tells_nothing() -> None:
    undecided = ConversationEnded(after(3620), "att_2", Conclusion.UNDECIDED, "silence")
    told = steps(ARRIVED, PROVEN, undecided, ENDED, of=finished())
    assert [event for step in told for event in step.transition.shop_events] == []
    assert told[-1].confirmation.open_attempt is None


def test_after_48_hours_it_is_too_late() -> None:
    before = finished()
    last = FINISHED_AT + timedelta(hours=48)
    assert steps(replace(ARRIVED, at=last), of=before)[-1].is_changed
    assert not steps(replace(ARRIVED, at=last + timedelta(seconds=1)), of=before)[-1].is_changed


def test_nothing_is_added_to_an_order_that_was_taken_back_or_is_to_be_erased() -> None:
    withdrawn = steps(Withdrawn(after(5)))[-1].confirmation
    assert not steps(ARRIVED, of=withdrawn)[-1].is_changed
    erased = replace(finished(), erasure_requested_at=after(50))
    assert not steps(ARRIVED, of=erased)[-1].is_changed


def test_a_late_call_that_nobody_ends_is_looked_up_and_nothing_is_dialed() -> None:
    called = steps(ARRIVED, of=finished())[-1].confirmation
    assert wakes(called, ALWAYS).dial_at is None
    assert due_reconciliation(called, ALWAYS, after(3600 + 220)) is Reconciliation.LOOK_UP_CALL
    assert due_reconciliation(steps(ENDED, of=called)[-1].confirmation, ALWAYS, after(3600 + 220)) is Reconciliation.NOTHING


def test_what_comes_late_or_twice_changes_nothing() -> None:
    called = steps(ARRIVED, of=finished())[-1].confirmation
    assert not steps(ARRIVED, of=called)[-1].is_changed
    assert not steps(VerdictGiven(after(3620), "att_1", verdict(VerdictKind.CANCELLED)), of=called)[-1].is_changed
