"""Events delivered by HTTP to a shop's own endpoint: who wants which, when they are tried again, and how they are signed.

Source: Standard Webhooks, https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.lifecycle.shop_event import EventType

SECRET_PREFIX = "whsec_"  # noqa: S105 - what a secret begins with
SECRET_BYTES = 32
OVERLAP = timedelta(hours=24)  # how long the old secret signs beside a new one
LIFE = timedelta(hours=24)  # what could not be delivered within is a dead letter

# The pauses between the tries of one event, in seconds; the last try still falls within the day.
RETRY_DELAYS_S: tuple[float, ...] = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600, 36_000)
_LONGEST_WISH_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A URL to which a shop has its events sent. `secret` begins with `whsec_`; `disabled_because` is None while it is in use."""

    id: str
    shop: str
    url: str
    events: tuple[EventType, ...]
    secret: str
    created_at: datetime
    description: str = ""
    old_secret: str = ""
    old_secret_until: datetime | None = None
    disabled_because: str | None = None

    def secrets(self, now: datetime) -> tuple[str, ...]:
        """Return the secrets that sign at this moment, the newest first."""
        is_old_good = self.old_secret_until is not None and now < self.old_secret_until
        return (self.secret, self.old_secret) if is_old_good else (self.secret,)


def next_try_at(
    *, tries: int, told_at: datetime, now: datetime, wish_s: float = 0, delays_s: Sequence[float] = RETRY_DELAYS_S
) -> datetime | None:
    """Return when an event of `told_at` is tried again after `tries` failures; None if it is given up.

    `wish_s` is what the receiver asked for by `Retry-After`; at most an hour of it is granted.
    """
    if tries > len(delays_s) or now >= told_at + LIFE:
        return None
    return now + timedelta(seconds=max(delays_s[tries - 1], min(wish_s, _LONGEST_WISH_S)))


def signature(secrets: Sequence[str], *, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`: one `v1,…` for each secret, with spaces between."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_signed(secret, signed)}" for secret in secrets)


def secret_of(random: bytes) -> str:
    """Return a secret in the form in which it is shown."""
    return SECRET_PREFIX + base64.b64encode(random).decode()


def _signed(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
