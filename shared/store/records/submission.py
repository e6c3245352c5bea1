"""What became of an order that was submitted."""

from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from shared.core.confirmation import Confirmation
from shared.core.outcome import Status, WaitingFor
from shared.store.shops.idempotency import KeyConflict


@dataclass(frozen=True, slots=True)
class Created:
    """The confirmation was stored; it is shown as it was then."""

    confirmation: Confirmation


@dataclass(frozen=True, slots=True)
class AlreadyOpen:
    """The order has an open confirmation; `is_same` tells whether its request had the same digest."""

    confirmation: Confirmation
    is_same: bool


@dataclass(frozen=True, slots=True)
class OptedOut:
    """The number is on the shop's do-not-call list; nothing was stored."""


@dataclass(frozen=True, slots=True)
class AlreadyErased:
    """The request was accepted before, and its confirmation has been erased since."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """The idempotency key was used for the same request before: the answer to that is repeated."""

    first: Created | AlreadyOpen | OptedOut | AlreadyErased


Submission = Created | AlreadyOpen | OptedOut | AlreadyErased | Replayed | KeyConflict


@dataclass(frozen=True, slots=True)
class PastRequest:
    """A request that is refused now, but may have been accepted before."""

    order_id: str
    digest: str
    key: str | None = None


class FirstAnswer(msgspec.Struct, array_like=True):
    """The parts of a new confirmation that change later, so that the first answer can be given again."""

    status: Status
    next_attempt_at: datetime | None
    waiting_for: WaitingFor | None = None  # not in answers of earlier programs

    @classmethod
    def to(cls, confirmation: Confirmation) -> "FirstAnswer":
        """Return what must be kept of the answer about a new confirmation."""
        return cls(confirmation.status, confirmation.next_attempt_at, confirmation.waiting_for)

    def restore(self, confirmation: Confirmation) -> Confirmation:
        """Return the confirmation as it was answered."""
        return replace(
            confirmation,
            status=self.status,
            next_attempt_at=self.next_attempt_at,
            waiting_for=self.waiting_for,
            outcome=None,
            evidence=None,
            attempts=(),
            withdrawn_at=None,
            updated_at=confirmation.created_at,
            sequence=1,
        )
