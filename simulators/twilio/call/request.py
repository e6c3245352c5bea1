"""What a client asks for when it creates or updates a call; valid by type."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a request goes."""

    url: str
    method: str


@dataclass(frozen=True, slots=True)
class Detection:
    """Answering machine detection: `mode` is `Enable` or `DetectMessageEnd`; without `callback` it is synchronous."""

    mode: str
    is_async: bool
    callback: Webhook | None


@dataclass(frozen=True, slots=True)
class Script:
    """What runs when the call is answered: an inline document or the webhook that answers with one."""

    twiml: str | None
    webhook: Webhook | None
    fallback: Webhook | None


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A valid create."""

    to: str
    from_: str
    script: Script
    status_callback: Webhook | None
    events: frozenset[str]
    timeout_s: int
    time_limit_s: int | None
    detection: Detection | None
    warnings: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class CallUpdate:
    """A valid update: an end (`canceled` or `completed`), another document, or neither."""

    status: str | None
    script: Script | None
