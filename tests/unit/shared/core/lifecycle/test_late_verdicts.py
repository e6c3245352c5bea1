"""A decision that is written after its attempt has ended without one: it counts as long as nothing else has happened."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.confirmation import Conclusion, Confirmation
from shared.core.dialing.dial_policy import DialPolicy
from shared.core.dialing.planned_transition import PlannedTransition, apply_fact
from shared.core.lifecycle.facts import (
    AttemptBegun,
    CalleeClassified,
    CallEnded,
    ConversationEnded,
    ConversationLost,
    Fact,
    StreamOpened,
    Submitted,
    VerdictGiven,
    Withdrawn,
)
from shared.core.lifecycle.shop_event import EventType
from shared.core.outcome import AttemptResult, Outcome, Status, VerdictKind
from tests.support.orders import ALWAYS, NOON, after, an_order, verdict

CALLED = (Submitted(NOON), AttemptBegun(NOON, "att_1", "+1"), StreamOpened(after(5), "att_1", "CA1", "MZ1"))
LOST = (CallEnded(after(40), "att_1", None, "CA1", 34), ConversationLost(after(42), "att_1"))
CONCLUDED = ConversationEnded(after(39.5), "att_1", None, "decided")
AGAIN = AttemptBegun(after(4000), "att_2", "+1")


def given(kind: VerdictKind, at_s: float = 39) -> VerdictGiven:
    return VerdictGiven(after(at_s), "att_1", verdict(kind, after(at_s)))


def steps(facts: Sequence[Fact], of: Confirmation | None = None, policy: DialPolicy = ALWAYS) -> list[PlannedTransition]:
    confirmation, done = of or an_order(), list[PlannedTransition]()
    for fact in facts:
        done.append(apply_fact(confirmation, fact, policy, fact.at))
        confirmation = done[-1].confirmation
    return done


def after_facts(*facts: Fact, policy: DialPolicy = ALWAYS) -> Confirmation:
    return steps(facts, policy=policy)[-1].confirmation


def test_it_decides_an_order_of_which_only_the_next_call_is_planned() -> None:
    waiting = after_facts(*CALLED, *LOST)
    assert (waiting.status, waiting.last_result) == (Status.WAITING, AttemptResult.UNDECIDED)
    kept, decided = steps((given(VerdictKind.CONFIRMED), CONCLUDED), waiting)
    assert kept.transition.shop_events == (), "until the conversation has told that no newer one comes"
    done = decided.confirmation
    assert (done.outcome, done.last_result, done.next_attempt_at) == (Outcome.CONFIRMED, AttemptResult.CONFIRMED, None)
    assert decided.wakes.dial_at is None, "the planned call is withdrawn"
    assert [event.type for event in decided.transition.shop_events] == [EventType.FINISHED]
    assert done.evidence is not None
    assert (done.evidence.attempt, done.evidence.at, done.sequence) == (1, after(39), waiting.sequence + 1)
    assert done.updated_at == waiting.updated_at, "what is dated before turns no clock back"
    assert not any(step.is_changed for step in steps((given(VerdictKind.CONFIRMED), CONCLUDED), done)), "the same again"


def test_of_several_the_newest_counts() -> None:
    late = (given(VerdictKind.CONFIRMED, 37), given(VerdictKind.CANCELLED, 39), CONCLUDED)
    assert after_facts(*CALLED, *LOST, *late).outcome is Outcome.CANCELLED


def test_an_opt_out_among_them_is_on_the_list_at_once() -> None:
    waiting = after_facts(*CALLED, *LOST)
    opted_out, _, last = steps((given(VerdictKind.OPTED_OUT, 37), given(VerdictKind.CONFIRMED), CONCLUDED), waiting)
    assert opted_out.opts_out
    assert last.confirmation.outcome is Outcome.CONFIRMED


def test_a_call_back_is_planned_anew() -> None:
    wish = given(VerdictKind.CALLBACK_REQUESTED)
    at = after(0) + timedelta(hours=3)
    done = after_facts(*CALLED, *LOST, replace(wish, verdict=replace(wish.verdict, callback_at=at)), CONCLUDED)
    assert (done.last_result, done.status, done.next_attempt_at) == (AttemptResult.CALLBACK_REQUESTED, Status.WAITING, at)


def test_it_decides_nothing_once_another_call_has_begun_and_is_kept() -> None:
    begun = after_facts(*CALLED, *LOST, AGAIN)
    last = steps((given(VerdictKind.CONFIRMED), CONCLUDED), begun)[-1]
    assert last.transition.shop_events == ()
    assert last.confirmation.open_attempt == begun.open_attempt
    assert last.confirmation.attempts[0].late_verdict == given(VerdictKind.CONFIRMED).verdict
    assert (last.confirmation.outcome, last.confirmation.attempts[0].result) == (None, AttemptResult.UNDECIDED)


@pytest.mark.parametrize(
    ("policy", "facts", "outcome"),
    [
        (replace(ALWAYS, max_attempts=1), LOST, Outcome.UNREACHED),
        (ALWAYS, (*LOST, Withdrawn(after(43))), Outcome.WITHDRAWN),
        (ALWAYS, (Withdrawn(after(30)), *LOST), Outcome.WITHDRAWN),
    ],
)
def test_an_outcome_stands_and_it_is_kept_beside_it(policy: DialPolicy, facts: tuple[Fact, ...], outcome: Outcome) -> None:
    finished = after_facts(*CALLED, *facts, policy=policy)
    last = steps((given(VerdictKind.CONFIRMED), CONCLUDED), finished, policy)[-1].confirmation
    assert (finished.outcome, last.outcome, last.sequence) == (outcome, outcome, finished.sequence)
    assert last.attempts[0].late_verdict is not None


@pytest.mark.parametrize(
    "ended",
    [
        (CalleeClassified(after(10), "att_1", "machine_start"), *LOST),
        (ConversationEnded(after(39), "att_1", Conclusion.ERROR, "model_lost"), LOST[0]),
    ],
)
def test_what_refuted_it_still_does(ended: tuple[Fact, ...]) -> None:
    before = after_facts(*CALLED, *ended)
    last = steps((given(VerdictKind.CONFIRMED), CONCLUDED), before)[-1].confirmation
    assert (last.outcome, last.attempts[0].verdict) == (None, None)


def test_a_decision_that_counted_is_not_replaced_by_a_late_one() -> None:
    decided = after_facts(*CALLED, given(VerdictKind.CALLBACK_REQUESTED), CONCLUDED, LOST[0])
    last = steps((given(VerdictKind.CONFIRMED), CONCLUDED), decided)[-1].confirmation
    assert last.last_result is AttemptResult.CALLBACK_REQUESTED
    assert last.attempts[0].late_verdict is None
