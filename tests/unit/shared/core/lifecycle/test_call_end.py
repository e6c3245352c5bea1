"""The end of a call waits for its conversation: the bridge and Twilio's callback are two ways to the store."""

from dataclasses import replace
from decimal import Decimal

import pytest

from shared.core.confirmation import Conclusion, HeldCallEnd
from shared.core.dialing.reconciliation import wakes
from shared.core.lifecycle.facts import (
    AttemptBegun,
    AttemptFact,
    CallAnswered,
    CallEnded,
    CallPlaced,
    ConversationEnded,
    ConversationLost,
    DisclosurePlayed,
    ErasureRequested,
    Fact,
    InboundCallArrived,
    StreamOpened,
    VerdictGiven,
    Withdrawn,
)
from shared.core.lifecycle.shop_event import EventType
from shared.core.outcome import AttemptResult, Outcome, Status, VerdictKind
from tests.support.orders import ALWAYS, NOON, after, verdict
from tests.unit.shared.core.lifecycle.applied_facts import after_facts, attempt_of, told

BEGUN = AttemptBegun(NOON, "att_1", "+38344000000")
STREAM = StreamOpened(after(6), "att_1", "CA1", "MZ1")
CONFIRMED = VerdictGiven(after(39), "att_1", verdict(VerdictKind.CONFIRMED, after(39)))
ENDED = CallEnded(after(40), "att_1", None, "CA1", 34)
CONCLUDED = ConversationEnded(after(41), "att_1", None, "person_hung_up", Decimal("0.02"))
LOST = ConversationLost(after(42), "att_1")


def test_an_end_that_overtakes_the_bridge_is_held_and_told_to_nobody() -> None:
    talking = after_facts(BEGUN, STREAM)
    held = told(ENDED, of=talking)
    attempt = attempt_of(held.confirmation)
    assert held.shop_events == ()
    assert attempt.held_call_end == HeldCallEnd(at=after(40), duration_s=34)
    assert (held.confirmation.status, attempt.is_open, attempt.result, attempt.ended_at) == (Status.IN_CALL, True, None, None)


def test_a_decision_that_arrives_meanwhile_counts() -> None:
    step = told(ENDED, CONFIRMED, CONCLUDED, of=after_facts(BEGUN, STREAM))
    attempt = attempt_of(step.confirmation)
    assert step.confirmation.outcome is Outcome.CONFIRMED
    assert [event.type for event in step.shop_events] == [EventType.ATTEMPT_ENDED, EventType.FINISHED]
    assert (attempt.result, attempt.duration_s, attempt.ended_at) == (AttemptResult.CONFIRMED, 34, after(40))
    assert (attempt.reason, attempt.cost_usd, attempt.held_call_end) == ("person_hung_up", Decimal("0.02"), None)
    assert step.confirmation.updated_at == after(41)


@pytest.mark.parametrize("last", [CONCLUDED, LOST])
def test_the_order_of_end_and_decision_makes_no_difference(last: AttemptFact) -> None:
    begun = after_facts(BEGUN, STREAM)
    assert after_facts(CONFIRMED, ENDED, last, of=begun) == after_facts(ENDED, CONFIRMED, last, of=begun)


def test_a_bridge_that_died_holds_no_call_open() -> None:
    lost = after_facts(BEGUN, STREAM, ENDED, LOST)
    assert (attempt_of(lost).result, attempt_of(lost).reason, lost.is_unplanned) == (AttemptResult.UNDECIDED, None, True)
    assert attempt_of(lost).ended_at == after(40), "the pause before the next call counts from the call's end"
    late = after_facts(CONCLUDED, of=lost)
    assert (attempt_of(late).reason, attempt_of(late).cost_usd) == ("person_hung_up", Decimal("0.02"))
    decided = after_facts(CONFIRMED, of=late)
    assert (decided.outcome, decided.is_unplanned) == (None, True), "a decision after that comes too late"
    assert attempt_of(decided).late_verdict == CONFIRMED.verdict


def test_if_nobody_could_look_in_time_the_bridge_gets_its_time_once_more() -> None:
    """Redis was away: whoever ends the call must not be quicker than the bridge, which has had no time either."""
    held = after_facts(BEGUN, STREAM, ENDED)
    looked = told(ConversationLost(after(60), "att_1"), of=held)
    end = attempt_of(looked.confirmation).held_call_end
    assert (looked.shop_events, attempt_of(looked.confirmation).is_open) == ((), True)
    assert end is not None
    assert end.waits_until == after(62)
    assert wakes(looked.confirmation, ALWAYS).reconcile_at == after(62)
    assert after_facts(CONFIRMED, CONCLUDED, of=looked.confirmation).outcome is Outcome.CONFIRMED
    assert not attempt_of(after_facts(ConversationLost(after(99), "att_1"), of=looked.confirmation)).is_open, "but once only"


def test_a_conversation_that_told_of_its_end_can_not_be_lost() -> None:
    done = after_facts(BEGUN, STREAM, replace(CONCLUDED, at=after(30)))
    assert after_facts(LOST, of=done) is done
    assert attempt_of(after_facts(ENDED, of=done)).result is AttemptResult.UNDECIDED


def test_a_conversation_given_up_before_the_calls_end_holds_it_no_more() -> None:
    lost = after_facts(BEGUN, STREAM, replace(LOST, at=after(20)))
    assert attempt_of(lost).is_open
    assert attempt_of(lost).stream_closed_at == after(20)
    assert not attempt_of(after_facts(ENDED, of=lost)).is_open


@pytest.mark.parametrize("begun", [[BEGUN, CallPlaced(after(1), "att_1", "CA1")], [BEGUN, CallAnswered(after(5), "att_1", "CA1")]])
def test_a_call_without_a_stream_ends_at_once(begun: list[Fact]) -> None:
    calling = after_facts(*begun)
    assert after_facts(LOST, of=calling) is calling
    assert attempt_of(after_facts(CallEnded(after(9), "att_1", AttemptResult.BUSY), of=calling)).result is AttemptResult.BUSY


def test_the_first_end_that_was_heard_stands() -> None:
    held = after_facts(BEGUN, STREAM, ENDED)
    assert after_facts(ENDED, of=held) is held
    assert after_facts(CallEnded(after(43), "att_1", AttemptResult.FAILED, "CA1", 0, "failed"), of=held) is held


def test_an_end_told_once_more_after_the_attempt_changes_nothing() -> None:
    done = after_facts(BEGUN, STREAM, ENDED, CONFIRMED, CONCLUDED)
    for fact in (ENDED, LOST, CONFIRMED, CONCLUDED):
        assert after_facts(fact, of=done) is done


def test_late_news_of_the_ringing_does_no_harm_to_a_held_end() -> None:
    held = after_facts(BEGUN, STREAM, ENDED)
    for fact in (CallPlaced(after(41), "att_1", "CA1"), CallAnswered(after(41), "att_1", "CA1"), STREAM):
        assert after_facts(fact, of=held) is held
    heard = after_facts(DisclosurePlayed(after(7), "att_1"), CONCLUDED, of=held)
    assert attempt_of(heard).disclosure_played_at == after(7)


def test_what_the_line_said_counts_if_the_bridge_has_nothing_to_say() -> None:
    failed = CallEnded(after(40), "att_1", AttemptResult.FAILED, "CA1", 0, "failed, SIP 500")
    attempt = attempt_of(after_facts(BEGUN, STREAM, failed, LOST))
    assert (attempt.result, attempt.reason, attempt.duration_s) == (AttemptResult.FAILED, "failed, SIP 500", 0)
    error = ConversationEnded(after(41), "att_1", Conclusion.ERROR, "model_away")
    assert attempt_of(after_facts(BEGUN, STREAM, failed, error)).result is AttemptResult.ERROR


def test_a_bridge_whose_news_is_dated_before_the_end_turns_no_clock_back() -> None:
    done = after_facts(BEGUN, STREAM, ENDED, replace(CONCLUDED, at=after(39)))
    assert (done.updated_at, attempt_of(done).ended_at, attempt_of(done).stream_closed_at) == (after(40), after(40), after(39))


@pytest.mark.parametrize("taken_back", [Withdrawn(after(41)), ErasureRequested(after(41))])
def test_an_order_taken_back_meanwhile_ends_withdrawn(taken_back: Fact) -> None:
    step = told(BEGUN, STREAM, ENDED, taken_back, CONFIRMED, LOST)
    assert (step.confirmation.outcome, attempt_of(step.confirmation).result) == (Outcome.WITHDRAWN, AttemptResult.WITHDRAWN)


def test_a_decision_stands_against_a_withdrawal_while_the_end_is_held() -> None:
    assert after_facts(BEGUN, STREAM, ENDED, CONFIRMED, Withdrawn(after(41)), LOST).outcome is Outcome.CONFIRMED


def test_the_end_of_a_customers_own_call_is_held_too() -> None:
    step = told(InboundCallArrived(NOON, "att_1", "CA1", must_prove=False), STREAM, ENDED, CONFIRMED, CONCLUDED)
    assert step.confirmation.outcome is Outcome.CONFIRMED


def test_no_conclusion_stands_beside_a_verdict() -> None:
    undecided = ConversationEnded(after(39), "att_1", Conclusion.UNDECIDED, "a key was pressed")
    decided = after_facts(BEGUN, STREAM, CONFIRMED, undecided)
    assert (attempt_of(decided).conclusion, attempt_of(decided).reason) == (None, "a key was pressed")
    corrected = after_facts(BEGUN, STREAM, undecided, CONFIRMED)
    assert (attempt_of(corrected).verdict, attempt_of(corrected).conclusion) == (CONFIRMED.verdict, None)
