"""A customer who phones us: what counts without proof, what that does to the schedule, and what becomes of a call that rings."""

from dataclasses import replace

import pytest

from shared.core.confirmation import Attempt, Confirmation, Phase
from shared.core.dialing.planned_transition import PlannedTransition, apply_fact
from shared.core.dialing.reconciliation import Reconciliation, due_reconciliation
from shared.core.lifecycle.facts import (
    AttemptBegun,
    CallAnswered,
    CalleeClassified,
    CallEnded,
    CallerJoined,
    CallerProven,
    CallPlaced,
    Fact,
    InboundCallArrived,
    PlacingUndone,
    ProofFailed,
    StreamOpened,
    VerdictGiven,
)
from shared.core.outcome import AttemptResult, Channel, Direction, Outcome, Status, Verdict, VerdictKind
from tests.support.orders import ALWAYS, NOON, after, an_order, verdict

ARRIVED = InboundCallArrived(after(100), "att_2", "CA2")
PROVEN = CallerProven(after(110), "att_2")
ENDED = CallEnded(after(130), "att_2", None, "CA2", 30)
BUSY = (
    AttemptBegun(NOON, "att_1", "+38344000000"),
    CallPlaced(after(1), "att_1", "CA1"),
    CallEnded(after(5), "att_1", AttemptResult.BUSY, "CA1"),
)
RINGING = BUSY[:2]
JOINED = CallerJoined(after(3), "att_1", "CA9")


def says(kind: VerdictKind, attempt_id: str = "att_2") -> VerdictGiven:
    return VerdictGiven(after(120), attempt_id, verdict(kind, after(120)))


def steps(*facts: Fact, of: Confirmation | None = None) -> list[PlannedTransition]:
    confirmation, done = of or an_order(), []
    for fact in facts:
        done.append(apply_fact(confirmation, fact, ALWAYS, fact.at))
        confirmation = done[-1].confirmation
    return done


def confirmation_after(*facts: Fact, of: Confirmation | None = None) -> Confirmation:
    return steps(*facts, of=of)[-1].confirmation


def open_attempt(confirmation: Confirmation) -> Attempt:
    assert confirmation.open_attempt is not None
    return confirmation.open_attempt


@pytest.mark.parametrize("kind", sorted(set(VerdictKind) - {VerdictKind.CALLBACK_REQUESTED}))
def test_a_caller_without_proof_decides_nothing(kind: VerdictKind) -> None:
    *_, decided, ended = steps(ARRIVED, says(kind), ENDED)
    assert not decided.is_changed
    assert not decided.opts_out
    assert (ended.confirmation.outcome, ended.confirmation.last_result) == (None, AttemptResult.UNDECIDED)


def test_a_caller_with_proof_decides() -> None:
    told = confirmation_after(ARRIVED, PROVEN, CallerProven(after(115), "att_2"), says(VerdictKind.CANCELLED), ENDED)
    assert told.outcome is Outcome.CANCELLED
    assert told.attempts[0].proven_at == after(110)


def test_a_caller_with_proof_ends_the_own_order_and_silences_no_other_of_that_number() -> None:
    *_, decided, ended = steps(ARRIVED, PROVEN, says(VerdictKind.OPTED_OUT), ENDED)
    assert ended.confirmation.outcome is Outcome.OPTED_OUT
    assert not decided.opts_out, "who knows one order need not be whose number it is"
    joined = steps(*RINGING, JOINED, CallerProven(after(10), "att_1"), says(VerdictKind.OPTED_OUT, "att_1"))
    assert not joined[-1].opts_out


def test_no_more_calls_are_for_the_number_that_we_called_or_that_the_operator_trusts() -> None:
    asked_back = steps(ARRIVED, says(VerdictKind.CALLBACK_REQUESTED), ENDED)[-1].confirmation
    begun = replace(BUSY[0], at=after(131), attempt_id="att_3")
    assert steps(begun, says(VerdictKind.OPTED_OUT, "att_3"), of=asked_back)[-1].opts_out, "the call back shows whose it is"
    assert steps(replace(ARRIVED, must_prove=False), says(VerdictKind.OPTED_OUT))[-1].opts_out


def test_an_opt_out_in_a_call_that_is_in_no_record_is_none() -> None:
    assert not steps(says(VerdictKind.OPTED_OUT, "att_of_nobody"))[-1].opts_out


def test_wrong_proofs_are_counted_once_whoever_repeats_them_and_in_whatever_order() -> None:
    wrong = [ProofFailed(after(100 + at), "att_2", failures) for at, failures in ((1, 1), (2, 2), (3, 2), (4, 1))]
    assert open_attempt(confirmation_after(ARRIVED, *wrong)).proof_failures == 2


def test_a_trusted_number_decides_without_proof() -> None:
    arrived = replace(ARRIVED, must_prove=False)
    assert confirmation_after(arrived, says(VerdictKind.CONFIRMED), ENDED).outcome is Outcome.CONFIRMED


def test_a_call_that_decides_nothing_leaves_the_next_call_where_it_was() -> None:
    planned = confirmation_after(*BUSY)
    assert planned.next_attempt_at == after(305)
    told = confirmation_after(ARRIVED, ENDED, of=planned)
    assert (told.status, told.next_attempt_at, told.last_result) == (Status.WAITING, after(305), AttemptResult.UNDECIDED)


def test_a_call_of_which_nothing_was_planned_is_not_counted_either() -> None:
    unplanned = replace(confirmation_after(*BUSY), next_attempt_at=None, is_unplanned=True)
    assert confirmation_after(ARRIVED, ENDED, of=unplanned).next_attempt_at == after(305)


def test_a_placing_that_was_put_off_stays_put_off() -> None:
    undone = confirmation_after(BUSY[0], PlacingUndone(after(10), "att_1", retry_at=after(900)))
    assert confirmation_after(ARRIVED, ENDED, of=undone).next_attempt_at == after(900)


def test_a_call_that_became_due_meanwhile_is_due_at_once() -> None:
    late = confirmation_after(*BUSY, ARRIVED, replace(ENDED, at=after(400)))
    assert late.status is Status.QUEUED
    assert late.next_attempt_at == after(305)


def test_who_asks_to_be_called_back_is_called_at_once_without_evidence() -> None:
    asked = replace(says(VerdictKind.CALLBACK_REQUESTED), verdict=verdict(VerdictKind.CALLBACK_REQUESTED, callback_at=after(9999)))
    told = confirmation_after(*BUSY, ARRIVED, asked, ENDED)
    assert (told.status, told.last_result) == (Status.QUEUED, AttemptResult.CALLBACK_REQUESTED)
    assert told.attempts[-1].verdict == Verdict(
        kind=VerdictKind.CALLBACK_REQUESTED, channel=Channel.VOICE, at=NOON, callback_at=after(120)
    )


def test_who_phones_while_we_ring_takes_the_place_of_our_call_which_is_cancelled() -> None:
    joined = confirmation_after(*RINGING, JOINED)
    attempt = open_attempt(joined)
    assert (joined.status, attempt.phase, attempt.direction) == (Status.IN_CALL, Phase.ANSWERED, Direction.OUTBOUND)
    assert (attempt.call_sid, attempt.rung_call_sid) == ("CA9", "CA1")
    assert (attempt.is_by_caller, attempt.is_unproven, attempt.is_ringing) == (True, True, False)
    assert due_reconciliation(joined, ALWAYS, after(3)) is Reconciliation.CANCEL_RUNG_CALL


def test_what_becomes_of_our_own_call_then_changes_nothing_about_the_callers() -> None:
    joined = confirmation_after(*RINGING, JOINED)
    told = confirmation_after(
        CalleeClassified(after(4), "att_1", "machine_start"),
        CallAnswered(after(4), "att_1", "CA1"),
        CallEnded(after(5), "att_1", AttemptResult.NO_ANSWER, "CA1"),
        of=joined,
    )
    attempt = open_attempt(told)
    assert (attempt.call_sid, attempt.rung_call_sid, attempt.answered_by) == ("CA9", None, None)
    assert due_reconciliation(told, ALWAYS, after(6)) is Reconciliation.NOTHING
    streaming = confirmation_after(StreamOpened(after(6), "att_1", "CA9", "MZ9"), of=told)
    assert open_attempt(streaming).stream_sid == "MZ9"
    assert not steps(StreamOpened(after(6), "att_1", "CA1", "MZ1"), of=told)[-1].is_changed, "ours gets no stream any more"
    decided = (CallerProven(after(10), "att_1"), says(VerdictKind.CONFIRMED, "att_1"), CallEnded(after(30), "att_1", None, "CA9"))
    assert confirmation_after(*decided, of=told).outcome is Outcome.CONFIRMED


def test_a_call_that_was_just_being_placed_is_cancelled_once_it_is_known() -> None:
    joined = confirmation_after(BUSY[0], JOINED)
    assert open_attempt(joined).rung_call_sid is None
    known = confirmation_after(CallPlaced(after(4), "att_1", "CA1"), of=joined)
    assert (open_attempt(known).call_sid, open_attempt(known).rung_call_sid) == ("CA9", "CA1")


def test_nobody_joins_a_call_that_was_answered() -> None:
    answered = confirmation_after(*RINGING, CallAnswered(after(2), "att_1", "CA1"))
    assert confirmation_after(JOINED, of=answered) is answered
    joined = confirmation_after(*RINGING, JOINED)
    assert confirmation_after(replace(JOINED, call_sid="CA8"), of=joined) is joined
