"""The verbs of TwiML as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a text; `loop` 0 repeats it without end."""

    text: str
    language: str
    loop: int


@dataclass(frozen=True, slots=True)
class Play:
    """Play an audio file; `loop` 0 repeats it without end."""

    url: str
    loop: int


@dataclass(frozen=True, slots=True)
class PlayDigits:
    """Send keys to the callee."""

    digits: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait in silence."""

    length_s: int


@dataclass(frozen=True, slots=True)
class Gather:
    """Collect keys while the prompts play; if `action` is None, it is the present document's URL."""

    prompts: tuple["Say | Play | Pause", ...]
    action: str | None
    method: str
    timeout_s: int
    num_digits: int | None
    finish_on_key: str
    action_on_empty_result: bool


@dataclass(frozen=True, slots=True)
class Redirect:
    """Continue with another document; an empty URL is that of the present one."""

    url: str
    method: str


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Do not answer an inbound call."""

    reason: str


@dataclass(frozen=True, slots=True)
class ConnectStream:
    """Open a bidirectional media stream and wait for its end."""

    url: str
    name: str | None
    parameters: Mapping[str, str]
    action: str | None
    method: str
    status_callback: str | None
    status_callback_method: str


@dataclass(frozen=True, slots=True)
class NotSimulated:
    """A verb that this simulator skips with a warning."""

    name: str


Verb: TypeAlias = Say | Play | PlayDigits | Pause | Gather | Redirect | Hangup | Reject | ConnectStream | NotSimulated
