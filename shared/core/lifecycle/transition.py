"""The only way a confirmation changes: `transition(confirmation, fact)`. A late, doubled or out-of-order fact changes nothing."""

from dataclasses import replace
from typing import assert_never

from shared.core.confirmation import AccountWait, Attempt, Confirmation
from shared.core.lifecycle.call_end import call_ended, conversation_ended, conversation_lost, decide_late
from shared.core.lifecycle.call_progress import answered, stream_opened, verdict_given
from shared.core.lifecycle.changes import Transition, finish, tell_status, update_attempt, with_attempt, with_call
from shared.core.lifecycle.ended_attempts import complete_ended_attempt, late_decision
from shared.core.lifecycle.facts import (
    AttemptBegun,
    AttemptFact,
    CallAnswered,
    CalleeClassified,
    CallEnded,
    CallerJoined,
    CallerProven,
    CallNotListed,
    CallPlaced,
    ConversationEnded,
    ConversationLost,
    DisclosurePlayed,
    ErasureRequested,
    Fact,
    GivenUp,
    InboundCallArrived,
    PlacingHeld,
    PlacingRefused,
    PlacingUndone,
    ProofFailed,
    Scheduled,
    StreamOpened,
    Submitted,
    VerdictGiven,
    Withdrawn,
)
from shared.core.lifecycle.late_reply import in_late_call, late_call_began
from shared.core.lifecycle.placing import begun, joined, not_placed
from shared.core.lifecycle.rung_call import is_about_rung_call, rung_call_reported
from shared.core.outcome import Outcome, Status, WaitingFor


def transition(confirmation: Confirmation, fact: Fact) -> Transition:
    """Apply `fact`; the result holds the same object if the fact changes nothing."""
    if confirmation.is_finished:
        return _after_finish(confirmation, fact)
    match fact:
        case Submitted():
            return Transition(confirmation)
        case Scheduled():
            return _scheduled(confirmation, fact)
        case GivenUp():
            return _given_up(confirmation, fact)
        case AttemptBegun():
            late = late_decision(confirmation)
            return begun(confirmation, fact) if late is None else decide_late(confirmation, late, fact.at)
        case InboundCallArrived():
            return begun(confirmation, fact)
        case Withdrawn():
            return _withdrawn(confirmation, fact)
        case ErasureRequested():
            return _withdrawn(replace(confirmation, erasure_requested_at=fact.at), fact)
        case _:
            attempt = confirmation.open_attempt
            if attempt is None or attempt.id != fact.attempt_id:
                return complete_ended_attempt(confirmation, fact)
            return _in_attempt(confirmation, attempt, fact)


def _after_finish(confirmation: Confirmation, fact: Fact) -> Transition:
    """Apply a fact about a finished confirmation, whose outcome never changes."""
    attempt = confirmation.open_attempt
    if isinstance(fact, InboundCallArrived):
        return late_call_began(confirmation, fact)
    if attempt is not None and isinstance(fact, AttemptFact) and fact.attempt_id == attempt.id:
        return in_late_call(confirmation, attempt, fact, _in_attempt)
    return complete_ended_attempt(confirmation, fact)


def _in_attempt(confirmation: Confirmation, attempt: Attempt, fact: AttemptFact) -> Transition:
    """Apply a fact about the attempt that is under way."""
    if is_about_rung_call(attempt, fact):
        return rung_call_reported(confirmation, attempt, fact)
    match fact:
        case CallPlaced() | CalleeClassified() | DisclosurePlayed() | CallerProven() | ProofFailed():
            return update_attempt(confirmation, _noted(attempt, fact), fact.at)
        case CallerJoined():
            return joined(confirmation, attempt, fact)
        case CallNotListed() | PlacingUndone() | PlacingHeld() | PlacingRefused():
            return not_placed(confirmation, attempt, fact)
        case CallAnswered():
            return answered(confirmation, with_call(attempt, fact.call_sid), fact.at)
        case StreamOpened():
            return stream_opened(confirmation, attempt, fact)
        case VerdictGiven():
            return verdict_given(confirmation, attempt, fact)
        case ConversationEnded():
            return conversation_ended(confirmation, attempt, fact)
        case ConversationLost():
            return conversation_lost(confirmation, attempt, fact)
        case CallEnded():
            return call_ended(confirmation, attempt, fact)
        case _:  # pragma: no cover
            assert_never(fact)


def _noted(attempt: Attempt, fact: CallPlaced | CalleeClassified | DisclosurePlayed | CallerProven | ProofFailed) -> Attempt:
    """Return the attempt with what is now known of it; what was known first stands."""
    match fact:
        case CallPlaced():
            return with_call(attempt, fact.call_sid)
        case CalleeClassified():
            return replace(attempt, answered_by=attempt.answered_by or fact.answered_by)
        case DisclosurePlayed():
            return replace(attempt, disclosure_played_at=attempt.disclosure_played_at or fact.at)
        case CallerProven():
            return replace(attempt, proven_at=attempt.proven_at or fact.at)
        case ProofFailed():
            return replace(attempt, proof_failures=max(attempt.proof_failures, fact.failures))
        case _:  # pragma: no cover
            assert_never(fact)


def _scheduled(confirmation: Confirmation, fact: Scheduled) -> Transition:
    """Set the next call as the dial policy planned it, unless a call is under way or the order would wait without end.

    Nothing is told of a call that a hold postpones once more: the order waits as before.
    """
    status = Status.QUEUED if fact.is_due else Status.WAITING
    is_endless = fact.call_at is None and confirmation.call.expires_at is None
    if is_endless or confirmation.open_attempt is not None:
        return Transition(confirmation)
    waiting_for, before = fact.waiting_for, confirmation
    planned = replace(before, status=status, next_attempt_at=fact.call_at, waiting_for=waiting_for, is_unplanned=False)
    if waiting_for is WaitingFor.ACCOUNT and before.account_wait is None:
        planned = replace(planned, account_wait=AccountWait(fact.at))
    if planned == before:
        return Transition(before)
    planned = replace(planned, updated_at=fact.at)
    is_known_wait = (
        not before.is_unplanned
        and status is before.status
        and (fact.call_at == before.next_attempt_at or (waiting_for is before.waiting_for and _is_hold(waiting_for)))
    )
    return Transition(planned) if is_known_wait else tell_status(planned)


def _given_up(confirmation: Confirmation, fact: GivenUp) -> Transition:
    """Finish an order that is called no more, unless a call is under way; a decision that is on the record is its outcome."""
    if confirmation.open_attempt is not None:
        return Transition(confirmation)
    late = late_decision(confirmation)
    if late is not None and late.is_decided:
        return decide_late(confirmation, late, fact.at)
    return finish(confirmation, fact.outcome, fact.at)


def _is_hold(waiting_for: WaitingFor | None) -> bool:
    return waiting_for is not None and waiting_for.is_hold


def _withdrawn(confirmation: Confirmation, fact: Withdrawn | ErasureRequested) -> Transition:
    """Finish at once if nobody is on the line; else mark it, and the call is brought to its end. A decision stands."""
    attempt = confirmation.open_attempt
    if attempt is None:
        return finish(confirmation, Outcome.WITHDRAWN, fact.at)
    if confirmation.withdrawn_at is not None or attempt.is_decided:
        return Transition(confirmation)
    undecided = replace(attempt, verdict=None)
    return Transition(replace(with_attempt(confirmation, undecided, fact.at), withdrawn_at=fact.at))
