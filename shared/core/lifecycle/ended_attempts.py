"""What the bridge tells of a call after its attempt has ended: it completes the record, and may still decide.

A verdict may be late because Redis was away for the bridge. It waits for the end of the conversation, which the bridge writes
next, so that of several the newest counts. Then it decides if nothing else has: the order is not finished, and no other call has
begun; one that is only planned is withdrawn. Else the verdict is kept in its attempt (`Attempt.late_verdict`).
"""

from dataclasses import replace
from typing import assert_never

from shared.core.confirmation import Attempt, Confirmation
from shared.core.lifecycle.call_end import decide_late
from shared.core.lifecycle.changes import Transition
from shared.core.lifecycle.facts import ConversationEnded, DisclosurePlayed, Fact, VerdictGiven
from shared.core.outcome import VerdictKind


def complete_ended_attempt(confirmation: Confirmation, fact: Fact) -> Transition:
    """Add reason, cost, disclosure and verdict to an attempt that ended without them, and let the verdict decide if it may.

    The result holds the same object if nothing is new.
    """
    if not isinstance(fact, ConversationEnded | DisclosurePlayed | VerdictGiven):
        return Transition(confirmation)
    attempts = tuple(_completed(attempt, fact) for attempt in confirmation.attempts)
    completed = confirmation if attempts == confirmation.attempts else replace(confirmation, attempts=attempts)
    last = attempts[-1] if attempts else None
    if last is None or last.id != fact.attempt_id or not isinstance(fact, ConversationEnded):
        return Transition(completed)
    if completed.is_finished or last.late_verdict is None:
        return Transition(completed)
    return decide_late(completed, last, max(fact.at, completed.updated_at))


def _completed(attempt: Attempt, fact: ConversationEnded | DisclosurePlayed | VerdictGiven) -> Attempt:
    if attempt.id != fact.attempt_id:
        return attempt
    match fact:
        case DisclosurePlayed():
            return replace(attempt, disclosure_played_at=attempt.disclosure_played_at or fact.at)
        case VerdictGiven():
            return replace(attempt, verdict=fact.verdict) if _may_be_added(attempt, fact.verdict.kind) else attempt
        case ConversationEnded():
            cost_usd = fact.cost_usd if attempt.cost_usd is None else attempt.cost_usd
            return replace(attempt, reason=attempt.reason or fact.reason, cost_usd=cost_usd)
        case _ as never:  # pragma: no cover
            assert_never(never)


def _may_be_added(attempt: Attempt, kind: VerdictKind) -> bool:
    """Tell whether a verdict is news and may count: none did when the attempt ended, no machine was there, the caller had proof."""
    is_undecided = attempt.verdict is None or attempt.late_verdict is not None
    is_refuted = attempt.conclusion is not None or (attempt.is_machine and kind is not VerdictKind.MACHINE)
    return is_undecided and not is_refuted and not attempt.is_unproven
