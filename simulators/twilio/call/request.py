"""The requests that create or update a call, already validated."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Webhook:
    """The URL of a request, and its method."""

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
    """The TwiML for an answered call: an inline document, or the webhook that returns one."""

    twiml: str | None
    webhook: Webhook | None
    fallback: Webhook | None


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A valid request to create a call."""

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
    """A valid request to update a call: an end (`canceled` or `completed`), another document, or neither."""

    status: str | None
    script: Script | None
