"""What each fact does to a confirmation, and that what is late, doubled or out of order does nothing."""

from dataclasses import replace
from decimal import Decimal

import pytest

from shared.core.confirmation import Conclusion, Phase
from shared.core.lifecycle.changes import Transition
from shared.core.lifecycle.facts import (
    AttemptBegun,
    CallAnswered,
    CalleeClassified,
    CallEnded,
    CallPlaced,
    ConversationEnded,
    DisclosurePlayed,
    Fact,
    GivenUp,
    InboundCallArrived,
    PlacingRefused,
    PlacingUndone,
    Scheduled,
    StreamOpened,
    Submitted,
    VerdictGiven,
    Withdrawn,
)
from shared.core.lifecycle.shop_event import EventType
from shared.core.outcome import AttemptResult, Channel, Direction, Outcome, Status, VerdictKind, WaitingFor
from tests.support.orders import NOON, after, an_order, verdict
from tests.unit.shared.core.lifecycle.applied_facts import after_facts, attempt_of, told

BEGUN = AttemptBegun(NOON, "att_1", "+38344000000")
PLACED = CallPlaced(after(1), "att_1", "CA1")
ANSWERED = CallAnswered(after(5), "att_1", "CA1")
STREAM = StreamOpened(after(6), "att_1", "CA1", "MZ1", "session-v1")
CONCLUDED = ConversationEnded(after(30), "att_1", None, "completed")
ENDED = CallEnded(after(40), "att_1", None, "CA1", 34)


def says(kind: VerdictKind) -> VerdictGiven:
    return VerdictGiven(after(20), "att_1", verdict(kind, after(20)))


def types(step: Transition) -> list[EventType]:
    return [event.type for event in step.shop_events]


def test_a_call_from_intent_to_confirmation() -> None:
    step = told(BEGUN, PLACED, ANSWERED, STREAM, says(VerdictKind.CONFIRMED), CONCLUDED, ENDED)
    done = step.confirmation
    assert (done.status, done.outcome) == (Status.FINISHED, Outcome.CONFIRMED)
    assert types(step) == [EventType.CALLING, EventType.IN_CALL, EventType.ATTEMPT_ENDED, EventType.FINISHED]
    assert [event.sequence for event in step.shop_events] == [1, 2, 3, 4]
    attempt = attempt_of(done)
    assert (attempt.result, attempt.duration_s, attempt.call_sid) == (AttemptResult.CONFIRMED, 34, "CA1")
    assert (attempt.stream_sid, attempt.prompt_version) == ("MZ1", "session-v1")
    assert done.last_result is AttemptResult.CONFIRMED


def test_the_evidence_names_how_and_in_which_attempt() -> None:
    evidence = after_facts(BEGUN, ANSWERED, says(VerdictKind.CANCELLED), ENDED).evidence
    assert evidence is not None
    assert (evidence.channel, evidence.quote, evidence.attempt) == (Channel.VOICE, "po, e konfirmoj", 1)


@pytest.mark.parametrize("fact", [PLACED, ANSWERED, STREAM, BEGUN])
def test_the_same_fact_again_changes_nothing(fact: Fact) -> None:
    once = after_facts(BEGUN, PLACED, ANSWERED, STREAM)
    assert after_facts(fact, of=once) is once


@pytest.mark.parametrize("fact", [BEGUN, PLACED, ANSWERED, STREAM, ENDED, Withdrawn(NOON), GivenUp(NOON, Outcome.EXPIRED)])
def test_nothing_changes_what_is_finished(fact: Fact) -> None:
    done = after_facts(GivenUp(NOON, Outcome.EXPIRED))
    assert after_facts(fact, of=done) is done


def test_a_fact_about_another_attempt_changes_nothing() -> None:
    ringing = after_facts(BEGUN, PLACED)
    assert after_facts(CallEnded(NOON, "att_0", AttemptResult.BUSY), of=ringing) is ringing
    waiting = an_order()
    assert after_facts(PLACED, of=waiting) is waiting


def test_submission_alone_changes_nothing() -> None:
    order = an_order()
    assert after_facts(Submitted(NOON), of=order) is order


# --- scheduling


def test_a_due_order_is_queued_and_another_waits() -> None:
    assert after_facts(Scheduled(NOON, NOON, is_due=True)).status is Status.QUEUED
    waiting = told(Scheduled(NOON, after(60), is_due=False))
    assert (waiting.confirmation.status, waiting.confirmation.next_attempt_at) == (Status.WAITING, after(60))
    assert types(waiting) == [EventType.WAITING]


def test_the_same_plan_again_is_not_told_again() -> None:
    planned = after_facts(Scheduled(NOON, NOON, is_due=True))
    assert after_facts(Scheduled(after(9), NOON, is_due=True), of=planned) is planned


def test_why_an_order_waits_is_kept_until_it_is_called() -> None:
    waiting = after_facts(Scheduled(NOON, after(60), is_due=False, waiting_for=WaitingFor.RETRY))
    assert waiting.waiting_for is WaitingFor.RETRY
    assert after_facts(BEGUN, of=waiting).waiting_for is None
    assert after_facts(GivenUp(NOON, Outcome.EXPIRED), of=waiting).waiting_for is None
    assert after_facts(Scheduled(after(60), after(60), is_due=True), of=waiting).waiting_for is None


def test_a_cap_is_told_once_however_often_it_postpones_the_call() -> None:
    held = after_facts(Scheduled(NOON, after(60), is_due=False, waiting_for=WaitingFor.NUMBER_CAP))
    again = told(Scheduled(after(60), after(99), is_due=False, waiting_for=WaitingFor.NUMBER_CAP), of=held)
    assert again.shop_events == ()
    assert (again.confirmation.next_attempt_at, again.confirmation.updated_at) == (after(99), after(60))
    other = told(Scheduled(after(60), after(99), is_due=False, waiting_for=WaitingFor.SPEND_LIMIT), of=held)
    assert types(other) == [EventType.WAITING]
    retry = after_facts(Scheduled(NOON, after(60), is_due=False, waiting_for=WaitingFor.RETRY))
    later = told(Scheduled(NOON, after(99), is_due=False, waiting_for=WaitingFor.RETRY), of=retry)
    assert types(later) == [EventType.WAITING]


def test_an_order_never_waits_for_nothing_at_all() -> None:
    order = an_order()
    assert after_facts(Scheduled(NOON, None, is_due=False), of=order) is order


def test_nothing_is_planned_while_a_call_is_under_way() -> None:
    ringing = after_facts(BEGUN)
    assert after_facts(Scheduled(NOON, NOON, is_due=True), of=ringing) is ringing
    assert after_facts(GivenUp(NOON, Outcome.EXPIRED), of=ringing) is ringing


# --- beginning


def test_only_one_call_is_under_way() -> None:
    ringing = after_facts(BEGUN)
    assert after_facts(AttemptBegun(NOON, "att_2", "+1"), of=ringing) is ringing
    assert after_facts(InboundCallArrived(NOON, "att_2", "CA2"), of=ringing) is ringing


def test_an_attempt_that_is_over_does_not_begin_again() -> None:
    tried = after_facts(BEGUN, PLACED, CallEnded(after(20), "att_1", AttemptResult.BUSY))
    assert after_facts(BEGUN, of=tried) is tried


def test_a_call_of_the_customer_is_answered_at_once_and_counts_no_attempt() -> None:
    step = told(InboundCallArrived(NOON, "att_1", "CA1", "session-v1"))
    attempt = attempt_of(step.confirmation)
    assert (attempt.direction, attempt.phase, attempt.answered_at) == (Direction.INBOUND, Phase.ANSWERED, NOON)
    assert step.confirmation.attempts_spent == 0
    assert types(step) == [EventType.IN_CALL]


def test_a_doubled_webhook_of_a_call_that_is_over_opens_nothing() -> None:
    over = after_facts(InboundCallArrived(NOON, "att_1", "CA1"), CallEnded(after(9), "att_1", None))
    assert after_facts(InboundCallArrived(after(10), "att_2", "CA1"), of=over) is over
    assert len(after_facts(InboundCallArrived(after(10), "att_2", "CA2"), of=over).attempts) == 2


# --- placing


def test_callbacks_may_come_before_twilios_answer() -> None:
    answered = after_facts(BEGUN, ANSWERED)
    assert (attempt_of(answered).call_sid, attempt_of(answered).phase) == ("CA1", Phase.ANSWERED)
    assert after_facts(PLACED, of=answered) is answered


def test_a_placing_that_never_happened_is_taken_back_and_planned_again() -> None:
    undone = after_facts(BEGUN, PlacingUndone(after(3), "att_1", after(33)))
    assert (undone.attempts, undone.status, undone.next_attempt_at) == ((), Status.QUEUED, after(33))


def test_a_call_that_exists_can_not_be_taken_back_or_refused() -> None:
    placed = after_facts(BEGUN, PLACED)
    assert after_facts(PlacingUndone(after(3), "att_1", after(33)), of=placed) is placed
    assert after_facts(PlacingRefused(after(3), "att_1", "twilio_21211", is_final=True), of=placed) is placed


def test_an_order_withdrawn_while_placing_ends_when_the_call_proves_absent() -> None:
    step = told(BEGUN, Withdrawn(after(1)), PlacingUndone(after(3), "att_1", after(33)))
    assert step.confirmation.outcome is Outcome.WITHDRAWN


def test_a_number_that_can_not_be_called_ends_it_with_one_failed_attempt() -> None:
    done = after_facts(BEGUN, PlacingRefused(after(1), "att_1", "twilio_21211", is_final=True))
    assert done.outcome is Outcome.UNDIALABLE
    assert (attempt_of(done).result, attempt_of(done).reason) == (AttemptResult.FAILED, "twilio_21211")
    assert done.evidence is None


def test_another_refusal_is_an_error_of_ours() -> None:
    refused = after_facts(BEGUN, PlacingRefused(after(1), "att_1", "twilio_20001", is_final=False))
    assert (refused.outcome, attempt_of(refused).result) == (None, AttemptResult.ERROR)
    assert refused.is_unplanned


# --- in the call


def test_a_stream_opens_once_and_only_for_its_own_call() -> None:
    ringing = after_facts(BEGUN, PLACED)
    assert after_facts(StreamOpened(NOON, "att_1", "CA9", "MZ9"), of=ringing) is ringing
    opened = after_facts(STREAM, of=ringing)
    assert opened.status is Status.IN_CALL
    assert after_facts(StreamOpened(NOON, "att_1", "CA1", "MZ2"), of=opened) is opened


def test_a_stream_may_come_before_all_else() -> None:
    opened = after_facts(BEGUN, StreamOpened(after(6), "att_1", "CA1", "MZ1"))
    assert (attempt_of(opened).call_sid, attempt_of(opened).phase) == ("CA1", Phase.ANSWERED)


def test_the_disclosure_keeps_its_first_moment() -> None:
    heard = after_facts(BEGUN, STREAM, DisclosurePlayed(after(9), "att_1"), DisclosurePlayed(after(12), "att_1"))
    assert attempt_of(heard).disclosure_played_at == after(9)


def test_the_newest_verdict_stands() -> None:
    done = after_facts(BEGUN, ANSWERED, says(VerdictKind.CONFIRMED), says(VerdictKind.CANCELLED), ENDED)
    assert done.outcome is Outcome.CANCELLED


def test_a_verdict_after_a_machine_was_detected_does_not_count() -> None:
    machine = after_facts(BEGUN, ANSWERED, CalleeClassified(after(8), "att_1", "machine_start"))
    assert after_facts(says(VerdictKind.CONFIRMED), of=machine) is machine
    assert attempt_of(after_facts(ENDED, of=machine)).result is AttemptResult.MACHINE


def test_a_decision_before_the_detection_stands() -> None:
    step = told(BEGUN, ANSWERED, says(VerdictKind.CONFIRMED), CalleeClassified(after(21), "att_1", "machine_start"), ENDED)
    assert step.confirmation.outcome is Outcome.CONFIRMED


@pytest.mark.parametrize(("word", "is_machine"), [("human", False), ("unknown", False), ("fax", True), ("machine_end_beep", True)])
def test_only_machines_and_faxes_are_machines(word: str, is_machine: bool) -> None:
    heard = after_facts(BEGUN, CalleeClassified(after(8), "att_1", word), CalleeClassified(after(9), "att_1", "human"))
    assert attempt_of(heard).is_machine is is_machine
    assert attempt_of(heard).has_greeting_ended is word.startswith("machine_end")


def test_the_model_may_report_a_machine_too() -> None:
    tried = after_facts(BEGUN, ANSWERED, says(VerdictKind.MACHINE), ENDED)
    assert (attempt_of(tried).result, tried.outcome) == (AttemptResult.MACHINE, None)


def test_the_conversations_end_names_its_cost_and_why_once() -> None:
    first = ConversationEnded(after(30), "att_1", Conclusion.UNDECIDED, "silence", Decimal("0.02"))
    again = ConversationEnded(after(31), "att_1", Conclusion.ERROR, "model_away")
    attempt = attempt_of(after_facts(BEGUN, STREAM, first, again))
    assert (attempt.conclusion, attempt.reason, attempt.cost_usd) == (Conclusion.UNDECIDED, "silence", Decimal("0.02"))
    assert attempt.stream_closed_at == after(30)


@pytest.mark.parametrize(
    ("conclusion", "result"),
    [
        (Conclusion.UNDECIDED, AttemptResult.UNDECIDED),
        (Conclusion.MACHINE, AttemptResult.MACHINE),
        (Conclusion.ERROR, AttemptResult.ERROR),
    ],
)
def test_without_a_verdict_our_sides_conclusion_counts(conclusion: Conclusion, result: AttemptResult) -> None:
    concluded = ConversationEnded(after(30), "att_1", conclusion, "why")
    assert attempt_of(after_facts(BEGUN, STREAM, concluded, ENDED)).result is result


def test_without_any_conclusion_the_line_counts_and_else_nobody_decided() -> None:
    busy = after_facts(BEGUN, PLACED, CallEnded(after(9), "att_1", AttemptResult.BUSY))
    assert attempt_of(busy).result is AttemptResult.BUSY
    assert attempt_of(after_facts(BEGUN, ANSWERED, ENDED)).result is AttemptResult.UNDECIDED


def test_a_call_back_ends_the_attempt_and_not_the_confirmation() -> None:
    tried = after_facts(BEGUN, ANSWERED, says(VerdictKind.CALLBACK_REQUESTED), ENDED)
    assert (attempt_of(tried).result, tried.is_finished) == (AttemptResult.CALLBACK_REQUESTED, False)
    assert tried.evidence is None


# --- withdrawal


def test_a_waiting_order_is_withdrawn_at_once() -> None:
    assert after_facts(Withdrawn(NOON)).outcome is Outcome.WITHDRAWN


def test_a_call_under_way_is_brought_to_its_end_first() -> None:
    step = told(BEGUN, PLACED, Withdrawn(after(3)))
    assert (step.confirmation.status, step.confirmation.withdrawn_at) == (Status.CALLING, after(3))
    done = after_facts(CallEnded(after(4), "att_1", AttemptResult.NO_ANSWER), of=step.confirmation)
    assert (done.outcome, attempt_of(done).result) == (Outcome.WITHDRAWN, AttemptResult.WITHDRAWN)


def test_no_verdict_counts_after_the_withdrawal_and_none_but_a_decision_before() -> None:
    called = after_facts(BEGUN, ANSWERED, says(VerdictKind.CALLBACK_REQUESTED), Withdrawn(after(21)))
    assert attempt_of(called).verdict is None
    assert after_facts(says(VerdictKind.CONFIRMED), of=called) is called
    assert after_facts(Withdrawn(after(22)), of=called) is called


def test_a_decision_stands_against_the_withdrawal() -> None:
    decided = after_facts(BEGUN, ANSWERED, says(VerdictKind.CONFIRMED))
    assert after_facts(Withdrawn(after(21)), of=decided) is decided


def test_an_order_nobody_tried_has_no_result() -> None:
    assert an_order().last_result is None
    assert replace(an_order(), attempts=()).open_attempt is None
