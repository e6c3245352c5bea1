"""What is reported of our own call when the customer, whom it was ringing, phoned us and took its place in the attempt."""

from dataclasses import replace

from shared.core.confirmation import Attempt, Confirmation
from shared.core.lifecycle.changes import Transition, update_attempt
from shared.core.lifecycle.facts import AttemptFact, CallAnswered, CalleeClassified, CallEnded, CallPlaced


def is_about_rung_call(attempt: Attempt, fact: AttemptFact) -> bool:
    """Tell whether the fact is about our own call and not about the customer's, which the attempt has become."""
    if attempt.joined_at is None:
        return False
    match fact:
        case CalleeClassified():
            return True  # only calls of ours are classified
        case CallPlaced() | CallAnswered() | CallEnded():
            return fact.call_sid is not None and fact.call_sid != attempt.call_sid
        case _:
            return False


def rung_call_reported(confirmation: Confirmation, attempt: Attempt, fact: AttemptFact) -> Transition:
    """Note which call is to be cancelled, or that it is over; whatever else becomes of it changes nothing."""
    return update_attempt(confirmation, with_rung_call(attempt, fact), fact.at)


def with_rung_call(attempt: Attempt, fact: AttemptFact) -> Attempt:
    """Return the attempt, open or ended, with what is known of our own call after a fact about that call."""
    match fact:
        case CallPlaced() | CallAnswered():
            return replace(attempt, rung_call_sid=fact.call_sid)
        case CallEnded():
            return replace(attempt, rung_call_sid=None)
        case _:
            return attempt
