"""The changes of which every transition is made: an attempt replaced, an event told, the confirmation finished."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.core.confirmation import Attempt, Confirmation, Phase
from shared.core.lifecycle.shop_event import TYPE_OF_STATUS, EventType, ShopEvent, shop_event
from shared.core.outcome import Outcome, Status


@dataclass(frozen=True, slots=True)
class Transition:
    """What a fact led to. If it changed nothing, `confirmation` is the very object that went in."""

    confirmation: Confirmation
    shop_events: tuple[ShopEvent, ...] = ()


def tell(confirmation: Confirmation, event_type: EventType) -> Transition:
    """Return the confirmation with one more event told to the shop."""
    numbered = replace(confirmation, sequence=confirmation.sequence + 1)
    return Transition(numbered, (shop_event(numbered, event_type),))


def tell_status(confirmation: Confirmation) -> Transition:
    """Return the confirmation with its new status told to the shop."""
    return tell(confirmation, TYPE_OF_STATUS[confirmation.status])


def finish(confirmation: Confirmation, outcome: Outcome, at: datetime) -> Transition:
    """Set the outcome, which never changes again, and tell the shop."""
    done = replace(confirmation, status=Status.FINISHED, outcome=outcome, next_attempt_at=None, waiting_for=None)
    return tell_status(replace(done, is_unplanned=False, updated_at=at))


def with_attempt(confirmation: Confirmation, attempt: Attempt, at: datetime) -> Confirmation:
    """Return the confirmation with the attempt of that id replaced."""
    attempts = tuple(attempt if one.id == attempt.id else one for one in confirmation.attempts)
    return replace(confirmation, attempts=attempts, updated_at=at)


def update_attempt(confirmation: Confirmation, attempt: Attempt, at: datetime) -> Transition:
    """Replace the last attempt and tell the shop nothing; the result holds the same object if the attempt is the same."""
    if attempt == confirmation.attempts[-1]:
        return Transition(confirmation)
    return Transition(with_attempt(confirmation, attempt, at))


def with_call(attempt: Attempt, call_sid: str) -> Attempt:
    """Bind Twilio's call to the attempt; the first fact that names one counts."""
    phase = Phase.PLACED if attempt.phase is Phase.PLACING else attempt.phase
    return replace(attempt, call_sid=attempt.call_sid or call_sid, phase=phase)
