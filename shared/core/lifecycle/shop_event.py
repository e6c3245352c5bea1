"""What the shop is told of a change: the kinds of event, and one event with its number."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.core.confirmation import Confirmation
from shared.core.outcome import AttemptResult, Evidence, Outcome, Status


class EventType(StrEnum):
    """The kinds of event that a shop is told of."""

    QUEUED = "confirmation.queued"
    WAITING = "confirmation.waiting"
    CALLING = "confirmation.calling"
    IN_CALL = "confirmation.in_call"
    ATTEMPT_ENDED = "confirmation.attempt_ended"
    FINISHED = "confirmation.finished"
    LATE_REPLY = "confirmation.late_reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopEvent:
    """One event for the shop, as it is stored: what differs from event to event of one confirmation.

    `sequence` counts the confirmation's events from 1; `at` is aware UTC; `attempts` is how many calls there had been.
    """

    type: EventType
    sequence: int
    at: datetime
    status: Status
    attempts: int
    outcome: Outcome | None = None
    evidence: Evidence | None = None
    last_result: AttemptResult | None = None


TYPE_OF_STATUS = {
    Status.QUEUED: EventType.QUEUED,
    Status.WAITING: EventType.WAITING,
    Status.CALLING: EventType.CALLING,
    Status.IN_CALL: EventType.IN_CALL,
    Status.FINISHED: EventType.FINISHED,
}


def shop_event(confirmation: Confirmation, event_type: EventType) -> ShopEvent:
    """Return the event that tells how the confirmation stands; the confirmation's `sequence` is the event's."""
    return ShopEvent(
        type=event_type,
        sequence=confirmation.sequence,
        at=confirmation.updated_at,
        status=confirmation.status,
        attempts=len(confirmation.attempts),
        outcome=confirmation.outcome,
        evidence=confirmation.evidence,
        last_result=confirmation.last_result,
    )
