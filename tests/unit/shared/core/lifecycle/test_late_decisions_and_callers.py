"""A decision that is written late: what callers do in between, and the death of the bridge, do not make it void."""

from collections.abc import Sequence

import pytest

from shared.core.confirmation import Confirmation
from shared.core.dialing.planned_transition import PlannedTransition, apply_fact
from shared.core.lifecycle.facts import (
    AttemptBegun,
    CallEnded,
    CallerJoined,
    CallerProven,
    ConversationEnded,
    ConversationLost,
    Fact,
    GivenUp,
    InboundCallArrived,
    StreamOpened,
    VerdictGiven,
    Withdrawn,
)
from shared.core.outcome import AttemptResult, Outcome, Status, VerdictKind
from tests.support.orders import ALWAYS, NOON, after, an_order, verdict

OPENED = StreamOpened(after(5), "att_1", "CA1", "MZ1")
LOST = (CallEnded(after(40), "att_1", None, "CA1", 34), ConversationLost(after(42), "att_1"))
CALLED = (AttemptBegun(NOON, "att_1", "+1"), OPENED, *LOST)
PHONED = (InboundCallArrived(NOON, "att_1", "CA1"), OPENED, *LOST)
PROVEN = CallerProven(after(50), "att_1")
CONCLUDED = ConversationEnded(after(50), "att_1", None, "decided")
ARRIVED = InboundCallArrived(after(43), "att_2", "CA2")
LEFT = CallEnded(after(45), "att_2", None, "CA2", 2)


def given(kind: VerdictKind, at_s: float = 50) -> VerdictGiven:
    return VerdictGiven(after(at_s), "att_1", verdict(kind, after(at_s)))


CONFIRMED = given(VerdictKind.CONFIRMED)
FORGED_CALL_BACK = VerdictGiven(after(44), "att_2", verdict(VerdictKind.CALLBACK_REQUESTED))


def steps(*facts: Fact, of: Confirmation | None = None) -> list[PlannedTransition]:
    confirmation, done = of or an_order(), list[PlannedTransition]()
    for fact in facts:
        done.append(apply_fact(confirmation, fact, ALWAYS, fact.at))
        confirmation = done[-1].confirmation
    return done


def after_facts(*facts: Fact, of: Confirmation | None = None) -> Confirmation:
    return steps(*facts, of=of)[-1].confirmation


def test_a_caller_whose_proof_is_late_too_has_decided() -> None:
    told = after_facts(*PHONED, PROVEN, CallerProven(after(51), "att_1"), CONFIRMED, CONCLUDED)
    assert (told.outcome, told.attempts[0].proven_at) == (Outcome.CONFIRMED, after(50))
    assert after_facts(*PHONED, CONFIRMED, CONCLUDED).outcome is None, "without the proof"


def test_so_has_one_who_wants_no_more_calls_about_the_order_and_is_put_on_no_list() -> None:
    *_, told, concluded = steps(*PHONED, PROVEN, given(VerdictKind.OPTED_OUT), CONCLUDED)
    assert (told.opts_out, concluded.confirmation.outcome) == (False, Outcome.OPTED_OUT)
    assert steps(*PHONED, given(VerdictKind.OPTED_OUT), CONCLUDED)[-1].confirmation.outcome is None


@pytest.mark.parametrize("between", [(ARRIVED,), (ARRIVED, LEFT), (ARRIVED, FORGED_CALL_BACK), (ARRIVED, FORGED_CALL_BACK, LEFT)])
def test_a_call_in_between_that_proves_nothing_does_not_make_it_void(between: Sequence[Fact]) -> None:
    told = after_facts(*CALLED, *between, CONFIRMED, CONCLUDED)
    assert told.outcome is Outcome.CONFIRMED
    assert told.evidence is not None
    assert told.evidence.attempt == 1
    ended = after_facts(LEFT, of=told)
    assert (ended.open_attempt, ended.outcome, ended.sequence) == (None, Outcome.CONFIRMED, told.sequence)


@pytest.mark.parametrize("is_over", [False, True])
def test_neither_does_a_call_of_ours_that_a_stranger_joined(*, is_over: bool) -> None:
    rings = (AttemptBegun(after(4000), "att_2", "+1"), CallerJoined(after(4001), "att_2", "CA9"))
    left = CallEnded(after(4002), "att_2", None, "CA9", 1)
    told = after_facts(*CALLED, *rings, *((left,) if is_over else ()), CONFIRMED, CONCLUDED)
    assert told.outcome is Outcome.CONFIRMED


def test_what_a_caller_with_proof_decides_in_between_is_newer() -> None:
    decided = VerdictGiven(after(44), "att_2", verdict(VerdictKind.CANCELLED))
    told = after_facts(*CALLED, ARRIVED, CallerProven(after(43), "att_2"), decided, CONFIRMED, CONCLUDED, LEFT)
    assert told.outcome is Outcome.CANCELLED


def test_an_order_that_the_shop_took_back_in_between_stays_taken_back() -> None:
    told = after_facts(*CALLED, ARRIVED, Withdrawn(after(44)), CONFIRMED, CONCLUDED, LEFT)
    assert told.outcome is Outcome.WITHDRAWN


def test_a_late_call_back_is_planned_when_the_caller_of_that_moment_has_hung_up() -> None:
    at = after(9000)
    wish = VerdictGiven(after(50), "att_1", verdict(VerdictKind.CALLBACK_REQUESTED, after(50), at))
    waiting = after_facts(*CALLED, ARRIVED, wish, CONCLUDED)
    assert waiting.open_attempt is not None
    told = after_facts(CallEnded(after(60), "att_2", None, "CA2", 2), of=waiting)
    assert (told.status, told.next_attempt_at) == (Status.WAITING, at)


def test_it_decides_before_the_next_call_though_the_bridge_died_without_an_end() -> None:
    told = after_facts(*CALLED, CONFIRMED, AttemptBegun(after(4000), "att_2", "+1"))
    assert (told.outcome, len(told.attempts)) == (Outcome.CONFIRMED, 1)


def test_a_call_back_is_planned_instead_of_the_next_call() -> None:
    at = after(9000)
    wish = VerdictGiven(after(50), "att_1", verdict(VerdictKind.CALLBACK_REQUESTED, after(50), at))
    told = after_facts(*CALLED, wish, AttemptBegun(after(4000), "att_2", "+1"))
    assert (told.last_result, told.next_attempt_at, len(told.attempts)) == (AttemptResult.CALLBACK_REQUESTED, at, 1)


def test_it_is_the_outcome_when_the_order_is_given_up() -> None:
    given_up = GivenUp(after(4000), Outcome.EXPIRED)
    assert after_facts(*CALLED, CONFIRMED, given_up).outcome is Outcome.CONFIRMED
    assert after_facts(*CALLED, given(VerdictKind.CALLBACK_REQUESTED), given_up).outcome is Outcome.EXPIRED
    assert after_facts(*CALLED[:2], given_up).outcome is None, "the customer is on the line"


def test_a_newer_decision_of_the_same_call_replaces_a_call_back_that_counted() -> None:
    in_time = (*CALLED[:2], given(VerdictKind.CALLBACK_REQUESTED, 10), *LOST)
    assert after_facts(*in_time, CONFIRMED, CONCLUDED).outcome is Outcome.CONFIRMED
    assert after_facts(*in_time, given(VerdictKind.CONFIRMED, 9), CONCLUDED).outcome is None, "an older one"
