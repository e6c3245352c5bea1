"""What a change says to the shop: the kinds of event, and the numbered announcement of one."""

from dataclasses import dataclass, replace
from enum import StrEnum

from shared.core.confirmation import Confirmation
from shared.core.outcome import Status


class EventType(StrEnum):
    """The kinds of event that a shop is told of."""

    QUEUED = "confirmation.queued"
    WAITING = "confirmation.waiting"
    CALLING = "confirmation.calling"
    IN_CALL = "confirmation.in_call"
    ATTEMPT_ENDED = "confirmation.attempt_ended"
    FINISHED = "confirmation.finished"


_TYPE_OF_STATUS = {
    Status.QUEUED: EventType.QUEUED,
    Status.WAITING: EventType.WAITING,
    Status.CALLING: EventType.CALLING,
    Status.IN_CALL: EventType.IN_CALL,
    Status.FINISHED: EventType.FINISHED,
}


@dataclass(frozen=True, slots=True)
class Announcement:
    """One event for the shop: its type, and the confirmation as it stood then (`confirmation.sequence` is the event's)."""

    type: EventType
    confirmation: Confirmation


@dataclass(frozen=True, slots=True)
class Transition:
    """What a fact led to. Nothing happened where `confirmation` is the very object that went in."""

    confirmation: Confirmation
    announcements: tuple[Announcement, ...] = ()


def announce(confirmation: Confirmation, event_type: EventType) -> Transition:
    """Return the confirmation with one more event told."""
    told = replace(confirmation, sequence=confirmation.sequence + 1)
    return Transition(told, (Announcement(event_type, told),))


def announce_status(confirmation: Confirmation) -> Transition:
    """Return the confirmation with its new status told."""
    return announce(confirmation, _TYPE_OF_STATUS[confirmation.status])
