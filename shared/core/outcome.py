"""The closed vocabularies of a confirmation: its status, its outcome, an attempt's result, and the evidence for them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """How far a confirmation has come."""

    QUEUED = "queued"
    WAITING = "waiting"
    CALLING = "calling"
    IN_CALL = "in_call"
    FINISHED = "finished"


class WaitingFor(StrEnum):
    """Why the next call of a waiting confirmation is not placed now."""

    WINDOW = "window"  # the hours and days of calls
    RETRY = "retry"  # the pause after a call
    CALLBACK = "callback"  # the time for which the customer asked
    NOT_BEFORE = "not_before"  # the time for which the shop asked
    NUMBER_CAP = "number_cap"  # the number has had as many calls as one number gets
    SPEND_LIMIT = "spend_limit"  # the shop has spent as much as it may
    ACCOUNT = "account"  # the telephone account may not place this call as it is set up now

    @property
    def is_hold(self) -> bool:
        """Whether it holds the order for a reason that is not the order's: one of the operator's caps, or the account."""
        return self in {WaitingFor.NUMBER_CAP, WaitingFor.SPEND_LIMIT, WaitingFor.ACCOUNT}


class Outcome(StrEnum):
    """What a finished confirmation came to. It is set once and never changes."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    CHANGE_REQUESTED = "change_requested"
    WRONG_NUMBER = "wrong_number"
    OPTED_OUT = "opted_out"
    UNREACHED = "unreached"
    UNDIALABLE = "undialable"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class VerdictKind(StrEnum):
    """What a person (or the model, of a machine) can decide in a call: the values of the `record_outcome` tool."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    CHANGE_REQUESTED = "change_requested"
    CALLBACK_REQUESTED = "callback_requested"
    WRONG_NUMBER = "wrong_number"
    OPTED_OUT = "opted_out"
    MACHINE = "machine"

    @property
    def outcome(self) -> Outcome | None:
        """The outcome that ends the confirmation, or None if the order is called again."""
        return None if self in {VerdictKind.CALLBACK_REQUESTED, VerdictKind.MACHINE} else Outcome(self.value)


class AttemptResult(StrEnum):
    """How one call ended."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    CHANGE_REQUESTED = "change_requested"
    WRONG_NUMBER = "wrong_number"
    OPTED_OUT = "opted_out"
    CALLBACK_REQUESTED = "callback_requested"
    UNDECIDED = "undecided"
    MACHINE = "machine"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    DECLINED = "declined"  # the customer's phone rang, and they rejected the call
    FAILED = "failed"
    ERROR = "error"
    WITHDRAWN = "withdrawn"


class Channel(StrEnum):
    """The way by which a person told us."""

    VOICE = "voice"
    KEYPAD = "keypad"


class Direction(StrEnum):
    """Who called whom."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What the customer wants changed, as the model understood it; every part in the customer's own words."""

    address: str | None = None
    date: str | None = None
    items: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One decision, with the evidence for it.

    `quote` holds the customer's words (voice) or None (keypad); if they were the yes to a read-back, `wish` holds the words that
    had asked for what was read back. `callback_at` is aware and only set for call-backs.
    """

    kind: VerdictKind
    channel: Channel
    at: datetime
    quote: str | None = None
    note: str | None = None
    callback_at: datetime | None = None
    change: Change | None = None
    language: str | None = None
    wish: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How we know the outcome: the verdict that stood when the customer hung up, and in which attempt."""

    channel: Channel
    attempt: int
    at: datetime
    quote: str | None = None
    note: str | None = None
    change: Change | None = None
    language: str | None = None
    wish: str | None = None
