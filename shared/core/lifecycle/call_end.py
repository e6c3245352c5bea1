"""How an attempt ends: once the call and its conversation are both over. What it came to, and whether that decides the order."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.core.confirmation import Attempt, Conclusion, Confirmation, HeldCallEnd, Phase
from shared.core.lifecycle.changes import Transition, finish, tell, update_attempt, with_attempt, with_call
from shared.core.lifecycle.facts import CallEnded, ConversationEnded, ConversationLost
from shared.core.lifecycle.shop_event import EventType
from shared.core.outcome import AttemptResult, Direction, Evidence, Outcome, Status, Verdict, VerdictKind

_LOOKED_LATE = timedelta(seconds=1)


def call_ended(confirmation: Confirmation, attempt: Attempt, fact: CallEnded) -> Transition:
    """End the attempt, or hold the call's end while the bridge may still be writing what was decided in the call.

    Twilio's callback and the bridge are two ways to the store. Somebody who presses a key and hangs up has decided, even
    if the callback is the faster of the two. A held end that is told again stays as it was told first.
    """
    if attempt.held_call_end is not None:
        return Transition(confirmation)
    named = with_call(attempt, fact.call_sid) if fact.call_sid else attempt
    end = HeldCallEnd(at=fact.at, line_result=fact.line_result, duration_s=fact.duration_s, reason=fact.reason)
    if attempt.is_streaming:
        return update_attempt(confirmation, replace(named, held_call_end=end), fact.at)
    return _ended_with_call(confirmation, named, end, at=fact.at)


def conversation_ended(confirmation: Confirmation, attempt: Attempt, fact: ConversationEnded) -> Transition:
    """Record that the bridge, or the keypad in TwiML, is done with the call; what was recorded first stands."""
    conclusion = fact.conclusion if attempt.verdict is None else None
    concluded = replace(
        attempt,
        conclusion=attempt.conclusion or conclusion,
        reason=attempt.reason or fact.reason,
        cost_usd=attempt.cost_usd if fact.cost_usd is None else fact.cost_usd,
        stream_closed_at=attempt.stream_closed_at or fact.at,
    )
    return _ended_if_call_is_over(confirmation, concluded, fact.at)


def conversation_lost(confirmation: Confirmation, attempt: Attempt, fact: ConversationLost) -> Transition:
    """Wait no longer for the end of the conversation; what has been recorded of it by now counts.

    If this comes long after the wait was over, nobody could look: Redis was away, and the bridge has had no time since either.
    It gets the same time once more.
    """
    if not attempt.is_streaming:
        return Transition(confirmation)
    end = attempt.held_call_end
    if end is not None and end.looked_at is None and fact.at > end.waits_until + _LOOKED_LATE:
        return update_attempt(confirmation, replace(attempt, held_call_end=replace(end, looked_at=fact.at)), fact.at)
    return _ended_if_call_is_over(confirmation, replace(attempt, stream_closed_at=fact.at), fact.at)


def _ended_if_call_is_over(confirmation: Confirmation, attempt: Attempt, at: datetime) -> Transition:
    """End an attempt whose conversation is over if the end of its call is held; else keep it open for the call's end."""
    end = attempt.held_call_end
    if end is None:
        return update_attempt(confirmation, attempt, at)
    return _ended_with_call(confirmation, replace(attempt, held_call_end=None), end, at=max(at, end.at))


def _ended_with_call(confirmation: Confirmation, attempt: Attempt, end: HeldCallEnd, *, at: datetime) -> Transition:
    """End the attempt with what its call came to."""
    ended = replace(attempt, duration_s=end.duration_s, reason=attempt.reason or end.reason, ended_at=end.at)
    return end_attempt(confirmation, ended, _result(confirmation, ended, end.line_result), at=at)


def end_attempt(
    confirmation: Confirmation, attempt: Attempt, result: AttemptResult, *, at: datetime, outcome: Outcome | None = None
) -> Transition:
    """Close the attempt, and the confirmation with it if something is decided; else the dial policy is to be asked."""
    ended = replace(attempt, phase=Phase.ENDED, result=result)
    told = tell(_to_be_planned(confirmation, ended, at), EventType.ATTEMPT_ENDED)
    return _finished_if_decided(told, ended, at=at, outcome=outcome)


def decide_late(confirmation: Confirmation, attempt: Attempt, at: datetime) -> Transition:
    """Let a verdict count that was heard of after its attempt had ended; a planned call is withdrawn.

    A caller who is on the line at that moment goes on; what is planned after that call follows from the verdict. A call back for
    which that caller has asked without proof is not made.
    """
    decided = replace(attempt, result=_result(confirmation, attempt, None))
    callers = confirmation.open_attempt
    if callers is None:
        return _finished_if_decided(Transition(_to_be_planned(confirmation, decided, at)), decided, at=at)
    counted = with_attempt(confirmation, decided, at)
    heard = None if callers.is_unproven else callers.verdict
    counted = with_attempt(counted, replace(callers, verdict=heard, resumes_at=None, resumes_waiting_for=None), at)
    return _finished_if_decided(Transition(counted), decided, at=at)


def _to_be_planned(confirmation: Confirmation, ended: Attempt, at: datetime) -> Confirmation:
    """Let the dial policy plan the next call; one that was planned stands if a caller decided nothing."""
    waiting = replace(with_attempt(confirmation, ended, at), status=Status.WAITING, is_unplanned=True)
    if ended.direction is Direction.OUTBOUND:
        waiting = replace(waiting, account_wait=None)
    if not ended.leaves_schedule:
        return replace(waiting, next_attempt_at=None, waiting_for=None)
    return replace(waiting, next_attempt_at=ended.resumes_at, waiting_for=ended.resumes_waiting_for)


def _finished_if_decided(told: Transition, ended: Attempt, *, at: datetime, outcome: Outcome | None = None) -> Transition:
    confirmation, verdict = told.confirmation, ended.verdict
    decided = outcome or (verdict.kind.outcome if verdict is not None else None)
    if decided is None and confirmation.withdrawn_at is not None:
        decided = Outcome.WITHDRAWN
    if decided is None:
        return told
    finished = confirmation
    if verdict is not None and outcome is None and verdict.kind.outcome is not None:
        finished = replace(finished, evidence=evidence_of(ended.number, verdict))
    last = finish(finished, decided, at)
    return Transition(last.confirmation, told.shop_events + last.shop_events)


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


def evidence_of(attempt_number: int, verdict: Verdict) -> Evidence:
    """Return how we know what was decided in that attempt."""
    return Evidence(
        channel=verdict.channel,
        quote=verdict.quote,
        note=verdict.note,
        attempt=attempt_number,
        at=verdict.at,
        change=verdict.change,
        language=verdict.language,
        wish=verdict.wish,
    )
