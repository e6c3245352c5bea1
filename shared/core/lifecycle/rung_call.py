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
    match fact:
        case CallPlaced() | CallAnswered():
            return update_attempt(confirmation, replace(attempt, rung_call_sid=fact.call_sid), fact.at)
        case CallEnded():
            return update_attempt(confirmation, replace(attempt, rung_call_sid=None), fact.at)
        case _:
            return Transition(confirmation)
