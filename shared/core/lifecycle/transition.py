"""The only way a confirmation changes: `transition(confirmation, fact)`. What is late, doubled or out of order changes nothing."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from shared.core.confirmation import Attempt, Conclusion, Confirmation, Phase
from shared.core.lifecycle.ended_attempts import with_late_figures
from shared.core.lifecycle.facts import (
    AttemptBegun,
    CallAnswered,
    CalleeClassified,
    CallEnded,
    CallNotListed,
    CallPlaced,
    ConversationEnded,
    DisclosurePlayed,
    ErasureRequested,
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
from shared.core.lifecycle.shop_event import EventType, Transition, announce, announce_status
from shared.core.outcome import AttemptResult, Direction, Evidence, Outcome, Status, Verdict, VerdictKind


def transition(confirmation: Confirmation, fact: Fact) -> Transition:
    """Apply `fact`; the result holds the same object where the fact changes nothing."""
    if confirmation.is_finished:
        return Transition(with_late_figures(confirmation, fact))
    match fact:
        case Submitted():
            return Transition(confirmation)
        case Scheduled():
            return _scheduled(confirmation, fact)
        case GivenUp():
            return Transition(confirmation) if confirmation.open_attempt else _finish(confirmation, fact.outcome, fact.at)
        case AttemptBegun() | InboundCallArrived():
            return _began(confirmation, fact)
        case Withdrawn():
            return _withdrawn(confirmation, fact)
        case ErasureRequested():
            return _withdrawn(replace(confirmation, erasure_requested_at=fact.at), fact)
        case _:
            attempt = confirmation.open_attempt
            if attempt is None or attempt.id != fact.attempt_id:
                return Transition(with_late_figures(confirmation, fact))
            return _in_attempt(confirmation, attempt, fact)


_AttemptFact = (
    CallPlaced
    | CallNotListed
    | PlacingUndone
    | PlacingRefused
    | CallAnswered
    | CalleeClassified
    | StreamOpened
    | DisclosurePlayed
    | VerdictGiven
    | ConversationEnded
    | CallEnded
)


def _in_attempt(confirmation: Confirmation, attempt: Attempt, fact: _AttemptFact) -> Transition:
    """Apply a fact about the attempt that is under way."""
    match fact:
        case CallPlaced():
            return _keep(confirmation, _with_call(attempt, fact.call_sid), fact.at)
        case CallNotListed():
            return _not_listed(confirmation, attempt, fact)
        case PlacingUndone():
            return _undone(confirmation, attempt, fact)
        case PlacingRefused():
            return _refused(confirmation, attempt, fact)
        case CallAnswered():
            return _answered(confirmation, _with_call(attempt, fact.call_sid), fact.at)
        case CalleeClassified():
            return _keep(confirmation, replace(attempt, answered_by=attempt.answered_by or fact.answered_by), fact.at)
        case StreamOpened():
            return _stream_opened(confirmation, attempt, fact)
        case DisclosurePlayed():
            return _keep(confirmation, replace(attempt, disclosure_played_at=attempt.disclosure_played_at or fact.at), fact.at)
        case VerdictGiven():
            return _verdict(confirmation, attempt, fact)
        case ConversationEnded():
            concluded = replace(
                attempt,
                conclusion=attempt.conclusion or fact.conclusion,
                reason=attempt.reason or fact.reason,
                cost_usd=attempt.cost_usd if fact.cost_usd is None else fact.cost_usd,
                stream_closed_at=attempt.stream_closed_at or fact.at,
            )
            return _keep(confirmation, concluded, fact.at)
        case CallEnded():
            return _call_ended(confirmation, attempt, fact)
        case _:  # pragma: no cover
            assert_never(fact)


def _scheduled(confirmation: Confirmation, fact: Scheduled) -> Transition:
    """Take over what the dial policy said, unless a call is under way, or the order would wait for nothing at all."""
    status = Status.QUEUED if fact.is_due else Status.WAITING
    is_endless = fact.call_at is None and confirmation.call.expires_at is None
    if is_endless or confirmation.open_attempt is not None:
        return Transition(confirmation)
    if not confirmation.is_unplanned and (status, fact.call_at) == (confirmation.status, confirmation.next_attempt_at):
        return Transition(confirmation)
    moved = replace(confirmation, status=status, next_attempt_at=fact.call_at, is_unplanned=False, updated_at=fact.at)
    return announce_status(moved)


def _began(confirmation: Confirmation, fact: AttemptBegun | InboundCallArrived) -> Transition:
    """Open an attempt, unless one is open or this one has been."""
    if confirmation.open_attempt is not None or _is_known(confirmation, fact):
        return Transition(confirmation)
    number = len(confirmation.attempts) + 1
    if isinstance(fact, AttemptBegun):
        attempt = Attempt(
            id=fact.attempt_id,
            number=number,
            direction=Direction.OUTBOUND,
            placed_at=fact.at,
            from_number=fact.from_number,
        )
        return _open(confirmation, attempt, Status.CALLING, fact.at)
    attempt = Attempt(
        id=fact.attempt_id,
        number=number,
        direction=Direction.INBOUND,
        placed_at=fact.at,
        answered_at=fact.at,
        phase=Phase.ANSWERED,
        call_sid=fact.call_sid,
        prompt_version=fact.prompt_version,
    )
    return _open(confirmation, attempt, Status.IN_CALL, fact.at)


def _is_known(confirmation: Confirmation, fact: AttemptBegun | InboundCallArrived) -> bool:
    """Tell whether the attempt is over already: the fact comes late, or once more."""
    call_sid = fact.call_sid if isinstance(fact, InboundCallArrived) else None
    return any(
        attempt.id == fact.attempt_id or (call_sid is not None and attempt.call_sid == call_sid)
        for attempt in confirmation.attempts
    )


def _open(confirmation: Confirmation, attempt: Attempt, status: Status, at: datetime) -> Transition:
    opened = replace(confirmation, attempts=(*confirmation.attempts, attempt), status=status, next_attempt_at=None, updated_at=at)
    return announce_status(opened)


def _with_call(attempt: Attempt, call_sid: str) -> Attempt:
    """Bind Twilio's call to the attempt; the first who names it counts."""
    phase = Phase.PLACED if attempt.phase is Phase.PLACING else attempt.phase
    return replace(attempt, call_sid=attempt.call_sid or call_sid, phase=phase)


def _not_listed(confirmation: Confirmation, attempt: Attempt, fact: CallNotListed) -> Transition:
    """Remember the first look at Twilio's list that did not find the call; one that is known by now is not missing."""
    if attempt.phase is not Phase.PLACING:
        return Transition(confirmation)
    return _keep(confirmation, replace(attempt, missing_since=attempt.missing_since or fact.at), fact.at)


def _undone(confirmation: Confirmation, attempt: Attempt, fact: PlacingUndone) -> Transition:
    """Take back an attempt of which Twilio knows nothing."""
    if attempt.phase is not Phase.PLACING:
        return Transition(confirmation)
    undone = replace(confirmation, attempts=confirmation.attempts[:-1], updated_at=fact.at)
    if confirmation.withdrawn_at is not None:
        return _finish(undone, Outcome.WITHDRAWN, fact.at)
    moved = replace(undone, status=Status.QUEUED, next_attempt_at=fact.retry_at, is_unplanned=False)
    return announce_status(moved)


def _refused(confirmation: Confirmation, attempt: Attempt, fact: PlacingRefused) -> Transition:
    """End an attempt that Twilio refused; of a call that is known to exist the refusal is not true."""
    if attempt.phase is not Phase.PLACING:
        return Transition(confirmation)
    ended = replace(attempt, reason=fact.reason)
    if fact.is_final:
        return _end(confirmation, ended, AttemptResult.FAILED, at=fact.at, outcome=Outcome.UNDIALABLE)
    return _end(confirmation, ended, AttemptResult.ERROR, at=fact.at)


def _answered(confirmation: Confirmation, attempt: Attempt, at: datetime) -> Transition:
    answered = replace(attempt, phase=Phase.ANSWERED, answered_at=attempt.answered_at or at)
    if confirmation.status is Status.IN_CALL:
        return _keep(confirmation, answered, at)
    moved = replace(_with(confirmation, answered, at), status=Status.IN_CALL)
    return announce_status(moved)


def _stream_opened(confirmation: Confirmation, attempt: Attempt, fact: StreamOpened) -> Transition:
    """Use the token up: one stream an attempt, and only for the attempt's own call."""
    if attempt.stream_sid is not None or (attempt.call_sid or fact.call_sid) != fact.call_sid:
        return Transition(confirmation)
    opened = replace(
        _with_call(attempt, fact.call_sid),
        stream_sid=fact.stream_sid,
        prompt_version=fact.prompt_version or attempt.prompt_version,
    )
    return _answered(confirmation, opened, fact.at)


def _verdict(confirmation: Confirmation, attempt: Attempt, fact: VerdictGiven) -> Transition:
    """Let the newest verdict stand; none counts after the shop's withdrawal or after a machine was detected."""
    if confirmation.withdrawn_at is not None or (attempt.is_machine and fact.verdict.kind is not VerdictKind.MACHINE):
        return Transition(confirmation)
    return _keep(confirmation, replace(attempt, verdict=fact.verdict), fact.at)


def _call_ended(confirmation: Confirmation, attempt: Attempt, fact: CallEnded) -> Transition:
    named = _with_call(attempt, fact.call_sid) if fact.call_sid else attempt
    ended = replace(named, duration_s=fact.duration_s, reason=named.reason or fact.reason)
    result = _result(confirmation, ended, fact.line_result)
    return _end(confirmation, ended, result, at=fact.at)


def _result(confirmation: Confirmation, attempt: Attempt, line_result: AttemptResult | None) -> AttemptResult:
    """Name what the call came to: a person's decision first, then the machine, our own side, and the line last."""
    verdict = attempt.verdict
    if verdict is not None and verdict.kind is not VerdictKind.MACHINE:
        return AttemptResult(verdict.kind.value)
    if confirmation.withdrawn_at is not None:
        return AttemptResult.WITHDRAWN
    if attempt.is_machine or verdict is not None or attempt.conclusion is Conclusion.MACHINE:
        return AttemptResult.MACHINE
    if attempt.conclusion is not None:
        return AttemptResult(attempt.conclusion.value)
    return line_result or AttemptResult.UNDECIDED


def _end(
    confirmation: Confirmation, attempt: Attempt, result: AttemptResult, *, at: datetime, outcome: Outcome | None = None
) -> Transition:
    """Close the attempt, and the confirmation with it where something is decided; else the dial policy is to be asked."""
    ended = replace(attempt, phase=Phase.ENDED, ended_at=at, result=result)
    closed = replace(_with(confirmation, ended, at), status=Status.WAITING, next_attempt_at=None, is_unplanned=True)
    told = announce(closed, EventType.ATTEMPT_ENDED)
    verdict = ended.verdict
    decided = outcome or (verdict.kind.outcome if verdict is not None else None)
    if decided is None and confirmation.withdrawn_at is not None:
        decided = Outcome.WITHDRAWN
    if decided is None:
        return told
    finished = told.confirmation
    if verdict is not None and outcome is None and verdict.kind.outcome is not None:
        finished = replace(finished, evidence=_evidence(ended.number, verdict))
    last = _finish(finished, decided, at)
    return Transition(last.confirmation, told.announcements + last.announcements)


def _evidence(attempt_number: int, verdict: Verdict) -> Evidence:
    return Evidence(
        channel=verdict.channel,
        quote=verdict.quote,
        note=verdict.note,
        attempt=attempt_number,
        at=verdict.at,
        change=verdict.change,
        language=verdict.language,
    )


def _withdrawn(confirmation: Confirmation, fact: Withdrawn | ErasureRequested) -> Transition:
    """Finish at once where nobody is on the line; else mark it, and the call is brought to its end. A decision stands."""
    attempt = confirmation.open_attempt
    if attempt is None:
        return _finish(confirmation, Outcome.WITHDRAWN, fact.at)
    if confirmation.withdrawn_at is not None or attempt.is_decided:
        return Transition(confirmation)
    undecided = replace(attempt, verdict=None)
    return Transition(replace(_with(confirmation, undecided, fact.at), withdrawn_at=fact.at))


def _finish(confirmation: Confirmation, outcome: Outcome, at: datetime) -> Transition:
    done = replace(confirmation, status=Status.FINISHED, outcome=outcome, next_attempt_at=None, is_unplanned=False, updated_at=at)
    return announce_status(done)


def _with(confirmation: Confirmation, attempt: Attempt, at: datetime) -> Confirmation:
    return replace(confirmation, attempts=(*confirmation.attempts[:-1], attempt), updated_at=at)


def _keep(confirmation: Confirmation, attempt: Attempt, at: datetime) -> Transition:
    """Change the attempt without telling anybody; the same object where nothing is new."""
    if attempt == confirmation.attempts[-1]:
        return Transition(confirmation)
    return Transition(_with(confirmation, attempt, at))
