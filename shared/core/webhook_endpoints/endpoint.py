"""A shop's own endpoint, to which events are delivered by HTTP: which events it wants, and how they are signed.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A URL to which a shop has its events sent. `disabled_because` is None while it is in use.

    A secret begins with `whsec_`; one that could not be opened is the sealed text, with which nothing can be signed.
    """

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
    is_test: bool = False  # made with a test key: it gets events of test orders only

    @property
    def can_sign(self) -> bool:
        """Whether the secret is known, so that events can be sent."""
        return _is_known(self.secret)

    def secrets(self, now: datetime) -> tuple[str, ...]:
        """Return the secrets that sign at this moment, the newest first; none that could not be opened."""
        is_old_good = self.old_secret_until is not None and now < self.old_secret_until
        return tuple(filter(_is_known, (self.secret, self.old_secret) if is_old_good else (self.secret,)))


def signature(secrets: Sequence[str], *, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`: one `v1,…` for each secret, with spaces between."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_signed(secret, signed)}" for secret in secrets)


def secret_of(random: bytes) -> str:
    """Return a secret in the form in which it is shown."""
    return SECRET_PREFIX + base64.b64encode(random).decode()


def _is_known(secret: str) -> bool:
    return secret.startswith(SECRET_PREFIX)


def _signed(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
