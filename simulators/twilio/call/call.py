"""One call: its state, the commands that reach it from outside, and the parameters of Twilio's webhooks about it."""

import asyncio
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum

from simulators.twilio.call.request import CallRequest, Script
from simulators.twilio.ledger import CallLedger, Json, now_ms

API_VERSION = "2010-04-01"


class Status(StrEnum):
    """Twilio's names for the state of a call."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"


FINAL = frozenset({Status.COMPLETED, Status.BUSY, Status.FAILED, Status.NO_ANSWER, Status.CANCELED})


class End(StrEnum):
    """Why a call ended, in more detail than Twilio's status; for the ledger."""

    PERSON_HUNG_UP = "person_hung_up"
    PATIENCE = "patience"
    TAPE_FULL = "tape_full"
    HUNG_UP_BY_REST = "hung_up_by_rest"
    TWIML_END = "twiml_end"
    TWIML_HANGUP = "twiml_hangup"
    TWIML_ERROR = "twiml_error"
    REJECTED = "rejected"
    TIME_LIMIT = "time_limit"
    CANCELED = "canceled"
    BUSY = "busy"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    SIMULATOR_STOPPED = "simulator_stopped"
    SIMULATOR_ERROR = "simulator_error"


class Orders:
    """The requests from REST and the customer to a running call; an end is final, a new document replaces an earlier one."""

    def __init__(self) -> None:
        self._given = asyncio.Event()
        self.end: End | None = None
        self._script: Script | None = None

    def hang_up(self, reason: End) -> None:
        """End the call; only the first reason counts."""
        self.end = self.end or reason
        self._given.set()

    def redirect(self, script: Script) -> None:
        """Continue with another document."""
        self._script = script
        self._given.set()

    async def given(self) -> None:
        """Wait for a request."""
        await self._given.wait()

    def take_script(self) -> Script | None:
        """Return the document to continue with; check `end` first."""
        script, self._script = self._script, None
        if self.end is None:
            self._given.clear()
        return script


def new_sid(prefix: str) -> str:
    """Return a random id in Twilio's form: two letters and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


@dataclass(slots=True)
class CallTimes:
    """The times of a call's events. Wall times are UTC; `*_ms` are of the ledger's monotonic clock."""

    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    created_ms: float = field(default_factory=now_ms)
    updated: datetime = field(default_factory=lambda: datetime.now(UTC))
    started: datetime | None = None
    ended: datetime | None = None
    answered_ms: float | None = None
    ended_ms: float | None = None
    visible_ms: float = 0.0
    """The time from which the list and the resource show the call."""
    queue_time_ms: int = 0


@dataclass(slots=True)
class CallbackProgress:
    """How many status callbacks have numbers so far, and whether the first one has been answered or given up."""

    next_sequence: int = 0
    first_delivered: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class Call:
    """A call of the account; it calls `notify` with each event that a status callback may report."""

    account_sid: str
    request: CallRequest
    raw: dict[str, list[str]]
    direction: str = "outbound-api"
    sid: str = field(default_factory=lambda: new_sid("CA"))
    status: Status = Status.QUEUED
    ledger: CallLedger = field(default_factory=CallLedger)
    orders: Orders = field(default_factory=Orders)
    times: CallTimes = field(default_factory=CallTimes)
    callback_progress: CallbackProgress = field(default_factory=CallbackProgress)
    end_reason: End | None = None
    sip_code: int | None = None
    answered_by: str | None = None
    attempt: int = 0
    notify: Callable[["Call", str], None] = lambda _call, _event: None

    @property
    def is_final(self) -> bool:
        """Whether the call has ended."""
        return self.status in FINAL

    @property
    def phone(self) -> str:
        """The person's number, whichever side made the call."""
        return self.request.from_ if self.direction == "inbound" else self.request.to

    def becomes(self, status: Status, event: str) -> None:
        """Change the status and report the event (`initiated`, `ringing`, `answered`) if the client asked for it."""
        self.status = status
        self.times.updated = datetime.now(UTC)
        if self.times.started is None:
            self.times.started = self.times.updated
        at_ms = self.ledger.note("status", status=status)
        if status is Status.IN_PROGRESS:
            self.times.answered_ms = at_ms
        self.notify(self, event)

    def finish(self, status: Status, reason: End, *, sip_code: int | None = None) -> None:
        """End the call; a call that was cancelled in the queue sends no callback."""
        was_queued = self.status is Status.QUEUED
        self.status, self.end_reason, self.sip_code = status, reason, sip_code
        self.times.updated = self.times.ended = datetime.now(UTC)
        self.times.ended_ms = self.ledger.note("ended", status=status, reason=reason)
        if not was_queued:
            self.notify(self, "completed")

    @property
    def sync_verdict(self) -> str | None:
        """The verdict of synchronous detection; only with one do webhooks carry `AnsweredBy`."""
        detection = self.request.detection
        return self.answered_by if detection is not None and not detection.is_async else None

    @property
    def duration_s(self) -> int:
        """Whole seconds from the answer to the end."""
        answered_ms, ended_ms = self.times.answered_ms, self.times.ended_ms
        if answered_ms is None or ended_ms is None:
            return 0
        return max(round((ended_ms - answered_ms) / 1000), 1)

    @property
    def minutes(self) -> int:
        """The number of billed minutes."""
        return math.ceil(self.duration_s / 60)

    def voice_parameters(self) -> dict[str, str]:
        """Return the parameters that every webhook about the call carries.

        Source: Twilio, "TwiML Voice: request parameters".
        """
        parameters = {
            "CallSid": self.sid,
            "AccountSid": self.account_sid,
            "From": self.request.from_,
            "To": self.request.to,
            "Caller": self.request.from_,
            "Called": self.request.to,
            "CallStatus": str(self.status),
            "ApiVersion": API_VERSION,
            "Direction": self.direction,
        }
        places = [who + what for who in ("From", "To", "Caller", "Called") for what in ("City", "State", "Zip", "Country")]
        return parameters | dict.fromkeys(places, "")

    def progress_parameters(self) -> dict[str, str]:
        """Return the parameters of the next status callback, and use up a sequence number for it.

        Source: Twilio, "Make calls: StatusCallback"; the numbers start at 0.
        """
        parameters = self.voice_parameters() | {
            "Timestamp": rfc_2822(datetime.now(UTC)),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self.callback_progress.next_sequence),
        }
        self.callback_progress.next_sequence += 1
        if self.sync_verdict is not None:
            parameters["AnsweredBy"] = self.sync_verdict
        if self.is_final:
            parameters |= {"CallDuration": str(self.duration_s), "Duration": str(self.minutes)}
            if self.sip_code is not None:
                parameters["SipResponseCode"] = str(self.sip_code)
        return parameters

    def summary(self) -> Json:
        """Return the first part of the ledger."""
        return {
            "sid": self.sid,
            "to": self.request.to,
            "from": self.request.from_,
            "direction": self.direction,
            "attempt": self.attempt,
            "status": self.status,
            "end_reason": self.end_reason,
            "answered_by": self.answered_by,
            "sip_code": self.sip_code,
            "created_ms": self.times.created_ms,
            "answered_ms": self.times.answered_ms,
            "ended_ms": self.times.ended_ms,
            "created": self.times.created.isoformat(),
            "cut_ms": self.ledger.cut_ms,
            "warnings": len(self.ledger.warnings),
            "errors": len(self.ledger.errors),
        }


def rfc_2822(moment: datetime) -> str:
    """Return the time in the form `Sun, 22 Nov 2026 12:00:00 +0000`."""
    return format_datetime(moment)
