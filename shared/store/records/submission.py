"""What became of an order that was submitted."""

from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from shared.core.confirmation import Confirmation
from shared.core.outcome import Status
from shared.store.shops.idempotency import KeyConflict


@dataclass(frozen=True, slots=True)
class Created:
    """A new confirmation, as it stood when it was taken in."""

    confirmation: Confirmation


@dataclass(frozen=True, slots=True)
class AlreadyOpen:
    """The order has an open confirmation; `is_same` when its request had the same digest."""

    confirmation: Confirmation
    is_same: bool


@dataclass(frozen=True, slots=True)
class OptedOut:
    """The number is on the shop's do-not-call list; nothing was stored."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The request was taken in once, and its confirmation has been erased since."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """The idempotency key was used for the same request before: answer what the first was answered."""

    first: Created | AlreadyOpen | OptedOut | Gone


Submission = Created | AlreadyOpen | OptedOut | Gone | Replayed | KeyConflict


@dataclass(frozen=True, slots=True)
class PastRequest:
    """What is known of a request that can't be taken in as it stands: was it taken in before?"""

    order_id: str
    digest: str
    key: str | None = None


class FirstAnswer(msgspec.Struct, array_like=True):
    """What of a new confirmation changes later: enough to answer the first request again as it was answered."""

    status: Status
    next_attempt_at: datetime | None

    @classmethod
    def to(cls, confirmation: Confirmation) -> "FirstAnswer":
        """Keep what was answered."""
        return cls(confirmation.status, confirmation.next_attempt_at)

    def restore(self, confirmation: Confirmation) -> Confirmation:
        """Return the confirmation as it was answered."""
        return replace(
            confirmation,
            status=self.status,
            next_attempt_at=self.next_attempt_at,
            outcome=None,
            evidence=None,
            attempts=(),
            withdrawn_at=None,
            updated_at=confirmation.created_at,
            sequence=1,
        )
