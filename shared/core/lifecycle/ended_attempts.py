"""What is told of a call after its attempt has ended: it completes the record, and may still decide.

A verdict may be late because Redis was away for the bridge. It waits for the end of the conversation, which the bridge writes
next, so that of several the newest counts; if the bridge dies before, it waits for the moment of the next call. Then it decides if
nothing else has: the order is not finished, and no other call of ours has begun; one that is only planned is withdrawn. Who phones
us in between and decides nothing changes nothing about it. Else the verdict is kept in its attempt (`Attempt.late_verdict`).
"""

from dataclasses import replace
from typing import assert_never

from shared.core.confirmation import Attempt, Confirmation
from shared.core.lifecycle.call_end import decide_late
from shared.core.lifecycle.changes import Transition
from shared.core.lifecycle.facts import (
    AttemptFact,
    CallAnswered,
    CallEnded,
    CallerProven,
    CallPlaced,
    ConversationEnded,
    DisclosurePlayed,
    Fact,
    VerdictGiven,
)
from shared.core.lifecycle.rung_call import is_about_rung_call, with_rung_call
from shared.core.outcome import Verdict, VerdictKind

_Told = CallerProven | ConversationEnded | DisclosurePlayed | VerdictGiven
"""What the bridge tells."""

_OfRungCall = CallAnswered | CallEnded | CallPlaced
"""What may be told of our own call, of which a caller took the place."""


def complete_ended_attempt(confirmation: Confirmation, fact: Fact) -> Transition:
    """Add what is news to an attempt that ended without it, and let a verdict decide if it may.

    The result holds the same object if nothing is new.
    """
    if not isinstance(fact, _Told | _OfRungCall):
        return Transition(confirmation)
    attempts = tuple(_completed(attempt, fact) for attempt in confirmation.attempts)
    completed = confirmation if attempts == confirmation.attempts else replace(confirmation, attempts=attempts)
    late = late_decision(completed)
    if late is None or late.id != fact.attempt_id or not isinstance(fact, ConversationEnded):
        return Transition(completed)
    return decide_late(completed, late, max(fact.at, completed.updated_at))


def late_decision(confirmation: Confirmation) -> Attempt | None:
    """Return the attempt whose late verdict may count: since then, nothing but callers who decided nothing, or may not."""
    if confirmation.is_finished or confirmation.withdrawn_at is not None:
        return None
    for attempt in reversed(confirmation.attempts):
        if attempt.late_verdict is not None:
            return attempt
        if not (attempt.is_inbound_without_decision or (attempt.is_by_caller and attempt.is_unproven)):
            break
    return None


def _completed(attempt: Attempt, fact: AttemptFact) -> Attempt:
    if attempt.id != fact.attempt_id:
        return attempt
    if is_about_rung_call(attempt, fact):
        return with_rung_call(attempt, fact)
    return _told(attempt, fact) if isinstance(fact, _Told) else attempt


def _told(attempt: Attempt, fact: _Told) -> Attempt:
    match fact:
        case DisclosurePlayed():
            return replace(attempt, disclosure_played_at=attempt.disclosure_played_at or fact.at)
        case CallerProven():
            return replace(attempt, proven_at=attempt.proven_at or fact.at)
        case VerdictGiven():
            return replace(attempt, verdict=fact.verdict) if _may_be_added(attempt, fact.verdict) else attempt
        case ConversationEnded():
            cost_usd = fact.cost_usd if attempt.cost_usd is None else attempt.cost_usd
            return replace(attempt, reason=attempt.reason or fact.reason, cost_usd=cost_usd)
        case _ as never:  # pragma: no cover
            assert_never(never)


def _may_be_added(attempt: Attempt, verdict: Verdict) -> bool:
    """Tell whether a verdict is news and may count: no machine was there, the caller had proof, and none counted before.

    A call back that counted makes room for what the customer decided after it in the same call.
    """
    before = attempt.verdict
    is_undecided = before is None or attempt.late_verdict is not None
    if before is not None and before.kind is VerdictKind.CALLBACK_REQUESTED and verdict.at > before.at:
        is_undecided = True
    is_refuted = attempt.conclusion is not None or (attempt.is_machine and verdict.kind is not VerdictKind.MACHINE)
    return is_undecided and not is_refuted and not attempt.is_unproven
