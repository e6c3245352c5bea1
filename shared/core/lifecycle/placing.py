"""How an attempt begins, and what becomes of a placing that Twilio refused or knows nothing of."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from shared.core.confirmation import ACCOUNT_WAIT, AccountWait, Attempt, Confirmation, Phase
from shared.core.lifecycle.call_end import end_attempt
from shared.core.lifecycle.changes import Transition, finish, tell_status, update_attempt, with_attempt
from shared.core.lifecycle.facts import (
    AttemptBegun,
    CallerJoined,
    CallNotListed,
    InboundCallArrived,
    PlacingHeld,
    PlacingRefused,
    PlacingUndone,
)
from shared.core.outcome import AttemptResult, Direction, Outcome, Status, WaitingFor


def begun(confirmation: Confirmation, fact: AttemptBegun | InboundCallArrived) -> Transition:
    """Open an attempt, unless one is open or this one has been."""
    if confirmation.open_attempt is not None or _is_known(confirmation, fact):
        return Transition(confirmation)
    number = len(confirmation.attempts) + 1
    if isinstance(fact, AttemptBegun):
        return _open(confirmation, _outbound(confirmation, fact, number), Status.CALLING, fact.at)
    attempt = Attempt(
        id=fact.attempt_id,
        number=number,
        direction=Direction.INBOUND,
        placed_at=fact.at,
        answered_at=fact.at,
        phase=Phase.ANSWERED,
        call_sid=fact.call_sid,
        prompt_version=fact.prompt_version,
        must_prove=fact.must_prove,
        resumes_at=confirmation.next_attempt_at,
        resumes_waiting_for=confirmation.waiting_for,
    )
    return _open(confirmation, attempt, Status.IN_CALL, fact.at)


def _outbound(confirmation: Confirmation, fact: AttemptBegun, number: int) -> Attempt:
    """Return the attempt of a call of ours; a call back for which a stranger asked leaves the plan as it was before."""
    call = Attempt(
        id=fact.attempt_id,
        number=number,
        direction=Direction.OUTBOUND,
        placed_at=fact.at,
        from_number=fact.from_number,
        resumes_at=confirmation.next_attempt_at,
        resumes_waiting_for=confirmation.waiting_for,
    )
    asked = confirmation.call_back_asked_in
    if asked is None or not asked.is_unproven:
        return call
    return replace(call, is_call_back=True, resumes_at=asked.resumes_at, resumes_waiting_for=asked.resumes_waiting_for)


def joined(confirmation: Confirmation, attempt: Attempt, fact: CallerJoined) -> Transition:
    """Make the attempt the call of the customer who phoned us while we were ringing; our own call remains to be cancelled.

    Nobody joins an attempt in which somebody has decided: what was decided is not the caller's.
    """
    if not attempt.is_ringing or attempt.verdict is not None:
        return Transition(confirmation)
    taken = replace(
        attempt,
        call_sid=fact.call_sid,
        rung_call_sid=attempt.call_sid,
        joined_at=fact.at,
        answered_at=fact.at,
        phase=Phase.ANSWERED,
        must_prove=fact.must_prove,
    )
    return tell_status(replace(with_attempt(confirmation, taken, fact.at), status=Status.IN_CALL))


def not_placed(
    confirmation: Confirmation, attempt: Attempt, fact: CallNotListed | PlacingUndone | PlacingHeld | PlacingRefused
) -> Transition:
    """Apply what is known of a call that does not exist, or may not."""
    match fact:
        case CallNotListed():
            return _not_listed(confirmation, attempt, fact)
        case PlacingUndone():
            return _undone(confirmation, attempt, fact)
        case PlacingHeld():
            return _held(confirmation, attempt, fact)
        case PlacingRefused():
            return _refused(confirmation, attempt, fact)
        case _:  # pragma: no cover
            assert_never(fact)


def _not_listed(confirmation: Confirmation, attempt: Attempt, fact: CallNotListed) -> Transition:
    """Remember the first look at Twilio's list that did not find the call; a call that is known by now is not missing."""
    if attempt.phase is not Phase.PLACING:
        return Transition(confirmation)
    return update_attempt(confirmation, replace(attempt, missing_since=attempt.missing_since or fact.at), fact.at)


def _undone(confirmation: Confirmation, attempt: Attempt, fact: PlacingUndone) -> Transition:
    """Take back an attempt of which Twilio knows nothing."""
    if attempt.phase is not Phase.PLACING:
        return Transition(confirmation)
    without = replace(confirmation, attempts=confirmation.attempts[:-1], updated_at=fact.at)
    if confirmation.withdrawn_at is not None:
        return finish(without, Outcome.WITHDRAWN, fact.at)
    return tell_status(replace(without, status=Status.QUEUED, next_attempt_at=fact.retry_at, is_unplanned=False))


def _held(confirmation: Confirmation, attempt: Attempt, fact: PlacingHeld) -> Transition:
    """Take back an attempt that the account may not make as it is set up: the order waits, and in the end is refused for good."""
    if attempt.phase is not Phase.PLACING:
        return Transition(confirmation)
    wait = confirmation.account_wait
    since = fact.at if wait is None else wait.since
    if fact.at >= since + ACCOUNT_WAIT:
        return _refused(confirmation, attempt, PlacingRefused(fact.at, attempt.id, fact.reason, is_final=True))
    without = replace(confirmation, attempts=confirmation.attempts[:-1], updated_at=fact.at)
    if confirmation.withdrawn_at is not None:
        return finish(without, Outcome.WITHDRAWN, fact.at)
    waiting = replace(without, status=Status.WAITING, next_attempt_at=fact.retry_at, waiting_for=WaitingFor.ACCOUNT)
    return Transition(replace(waiting, account_wait=AccountWait(since, fact.scope), is_unplanned=True))


def _refused(confirmation: Confirmation, attempt: Attempt, fact: PlacingRefused) -> Transition:
    """End an attempt that Twilio refused; if the call is known to exist, the refusal is not true."""
    if attempt.phase is not Phase.PLACING:
        return Transition(confirmation)
    ended = replace(attempt, reason=fact.reason, ended_at=fact.at)
    if fact.is_final:
        return end_attempt(confirmation, ended, AttemptResult.FAILED, at=fact.at, outcome=Outcome.UNDIALABLE)
    return end_attempt(confirmation, ended, AttemptResult.ERROR, at=fact.at)


def _is_known(confirmation: Confirmation, fact: AttemptBegun | InboundCallArrived) -> bool:
    """Tell whether the attempt is over already: the fact comes late, or once more."""
    call_sid = fact.call_sid if isinstance(fact, InboundCallArrived) else None
    return any(
        attempt.id == fact.attempt_id or (call_sid is not None and attempt.call_sid == call_sid)
        for attempt in confirmation.attempts
    )


def _open(confirmation: Confirmation, attempt: Attempt, status: Status, at: datetime) -> Transition:
    opened = replace(confirmation, attempts=(*confirmation.attempts, attempt), status=status, updated_at=at)
    return tell_status(replace(opened, next_attempt_at=None, waiting_for=None))
