"""What a conversation tells after its call has ended: Twilio's callback may overtake the bridge. It decides nothing any more."""

from dataclasses import replace

from shared.core.confirmation import Attempt, Confirmation
from shared.core.lifecycle.facts import ConversationEnded, DisclosurePlayed, Fact


def with_late_figures(confirmation: Confirmation, fact: Fact) -> Confirmation:
    """Add reason, cost and disclosure to the attempt that has ended without them; else the same object."""
    if not isinstance(fact, ConversationEnded | DisclosurePlayed):
        return confirmation
    attempts = tuple(_told(attempt, fact) for attempt in confirmation.attempts)
    return confirmation if attempts == confirmation.attempts else replace(confirmation, attempts=attempts)


def _told(attempt: Attempt, fact: ConversationEnded | DisclosurePlayed) -> Attempt:
    if attempt.id != fact.attempt_id:
        return attempt
    if isinstance(fact, DisclosurePlayed):
        return replace(attempt, disclosure_played_at=attempt.disclosure_played_at or fact.at)
    cost_usd = fact.cost_usd if attempt.cost_usd is None else attempt.cost_usd
    return replace(attempt, reason=attempt.reason or fact.reason, cost_usd=cost_usd)
