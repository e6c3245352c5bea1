"""What the bridge tells of a call after its attempt has ended: it completes the record and decides nothing any more."""

from dataclasses import replace

from shared.core.confirmation import Attempt, Confirmation
from shared.core.lifecycle.facts import ConversationEnded, DisclosurePlayed, Fact


def complete_ended_attempt(confirmation: Confirmation, fact: Fact) -> Confirmation:
    """Add reason, cost and disclosure to an attempt that ended without them; return the same object if nothing is new."""
    if not isinstance(fact, ConversationEnded | DisclosurePlayed):
        return confirmation
    attempts = tuple(_completed(attempt, fact) for attempt in confirmation.attempts)
    return confirmation if attempts == confirmation.attempts else replace(confirmation, attempts=attempts)


def _completed(attempt: Attempt, fact: ConversationEnded | DisclosurePlayed) -> Attempt:
    if attempt.id != fact.attempt_id:
        return attempt
    if isinstance(fact, DisclosurePlayed):
        return replace(attempt, disclosure_played_at=attempt.disclosure_played_at or fact.at)
    cost_usd = fact.cost_usd if attempt.cost_usd is None else attempt.cost_usd
    return replace(attempt, reason=attempt.reason or fact.reason, cost_usd=cost_usd)
