"""What a conversation tells after its call has ended: Twilio's callback may overtake the bridge. It decides nothing any more."""

from dataclasses import replace

from shared.core.confirmation import Attempt, Confirmation
from shared.core.facts import ConversationEnded, Fact


def with_late_figures(confirmation: Confirmation, fact: Fact) -> Confirmation:
    """Add reason and cost to the attempt that has ended without them; else the same object."""
    if not isinstance(fact, ConversationEnded):
        return confirmation
    attempts = tuple(_told(attempt, fact) for attempt in confirmation.attempts)
    return confirmation if attempts == confirmation.attempts else replace(confirmation, attempts=attempts)


def _told(attempt: Attempt, fact: ConversationEnded) -> Attempt:
    if attempt.id != fact.attempt_id:
        return attempt
    cost_usd = fact.cost_usd if attempt.cost_usd is None else attempt.cost_usd
    return replace(attempt, reason=attempt.reason or fact.reason, cost_usd=cost_usd)
