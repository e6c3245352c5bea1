"""How an attempt ends: what the call came to, and whether that ends the confirmation."""

from dataclasses import replace
from datetime import datetime

from shared.core.confirmation import Attempt, Conclusion, Confirmation, Phase
from shared.core.lifecycle.changes import Transition, finish, tell, with_attempt, with_call
from shared.core.lifecycle.facts import CallEnded
from shared.core.lifecycle.shop_event import EventType
from shared.core.outcome import AttemptResult, Evidence, Outcome, Status, Verdict, VerdictKind


def call_ended(confirmation: Confirmation, attempt: Attempt, fact: CallEnded) -> Transition:
    """End the attempt with what its call came to."""
    named = with_call(attempt, fact.call_sid) if fact.call_sid else attempt
    ended = replace(named, duration_s=fact.duration_s, reason=named.reason or fact.reason, ended_at=fact.at)
    return end_attempt(confirmation, ended, _result(confirmation, ended, fact.line_result), at=fact.at)


def end_attempt(
    confirmation: Confirmation, attempt: Attempt, result: AttemptResult, *, at: datetime, outcome: Outcome | None = None
) -> Transition:
    """Close the attempt, and the confirmation with it if something is decided; else the dial policy is to be asked."""
    ended = replace(attempt, phase=Phase.ENDED, result=result)
    closed = replace(with_attempt(confirmation, ended, at), status=Status.WAITING, next_attempt_at=None, is_unplanned=True)
    told = tell(closed, EventType.ATTEMPT_ENDED)
    verdict = ended.verdict
    decided = outcome or (verdict.kind.outcome if verdict is not None else None)
    if decided is None and confirmation.withdrawn_at is not None:
        decided = Outcome.WITHDRAWN
    if decided is None:
        return told
    finished = told.confirmation
    if verdict is not None and outcome is None and verdict.kind.outcome is not None:
        finished = replace(finished, evidence=_evidence(ended.number, verdict))
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
