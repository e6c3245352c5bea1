"""Idempotency keys: of one order inside its submission, of any other request by a claim that comes free by itself."""

from dataclasses import dataclass
from datetime import timedelta

KEY_LIFE = timedelta(days=7)
IN_HAND = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """What the shop named its request, and the digest of that request's body."""

    key: str
    digest: str
