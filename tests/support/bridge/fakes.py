"""Fakes of the bridge's neighbours: sockets that record what is sent, a store that can be away, a clock that a test sets."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.media_bridge.openai import requests_wire as request
from services.media_bridge.openai.leg import ModelLeg
from services.media_bridge.twilio.leg import CallerLeg, CallerReceiver
from services.media_bridge.websocket import ConnectionFailedError, MessageReceiver
from shared.core.confirmation import Confirmation
from shared.core.dialing.planned_transition import PlannedTransition, apply_fact
from shared.core.errors import NotFoundError, StoreUnavailableError
from shared.core.lifecycle.facts import AttemptBegun, Fact
from shared.store import Turn
from tests.support.orders import ALWAYS, NOON, an_order

ATTEMPT = f"att_{1:026}"
CALL_SID = "CA" + "1" * 32
STREAM_SID = "MZ" + "2" * 32


class FakeSocket:
    """A socket that records what was sent, and delivers a test's messages to the last receiver given to `deliver_to`."""

    def __init__(self) -> None:
        self.receivers: list[MessageReceiver] = []
        self.sent: list[dict[str, Any]] = []  # Any: JSON
        self.closed: tuple[int, str] | None = None
        self.is_open = True
        self.dropped = 0
        self.pauses_s: list[float] = []
        self.is_admitted = False

    def deliver_to(self, receiver: MessageReceiver) -> None:
        self.receivers.append(receiver)

    def send(self, message: bytes) -> None:
        self.sent.append(json.loads(message))

    def send_audio(self, message: bytes) -> None:
        self.sent.append(json.loads(message))

    def pause_reading(self, seconds: float) -> None:
        self.pauses_s.append(seconds)

    def admit(self) -> None:
        self.is_admitted = True

    async def close(self, code: int, reason: str) -> None:
        self.is_open = False
        if self.closed is None:
            self.closed = (code, reason)

    def bring(self, event: dict[str, Any]) -> None:  # Any: JSON
        """Deliver an incoming message."""
        self.receivers[-1].on_message(json.dumps(event).encode())

    def break_off(self) -> None:
        """Lose the connection."""
        self.is_open = False
        self.receivers[-1].on_closed()

    def of(self, kind: str) -> list[dict[str, Any]]:  # Any: JSON
        """Return the sent messages of one kind: OpenAI's `type`, Twilio's `event`."""
        return [message for message in self.sent if kind in {message.get("type"), message.get("event")}]


class FakePlace:
    """A place among the streams that wait; there is room for a call, or there is not."""

    def __init__(self, *, has_room: bool = True) -> None:
        self.has_room = has_room
        self.claims = 0

    def claim(self) -> bool:
        self.claims += 1
        return self.has_room


def a_model_leg() -> tuple[ModelLeg, FakeSocket]:
    """Return a configured session with the model over a fake socket."""
    socket = FakeSocket()
    leg = ModelLeg(socket)
    socket.deliver_to(leg)
    return leg, socket


def a_caller_leg(receiver: CallerReceiver) -> tuple[CallerLeg, FakeSocket]:
    """Return a stream whose handshake is done over a fake socket."""
    socket = FakeSocket()
    leg = CallerLeg(socket, receiver)
    socket.deliver_to(leg)
    return leg, socket


class FakeSessions:
    """Returns sessions; the first `failures` requests fail, for `reason`."""

    def __init__(self, *, failures: int = 0, reason: str = "status_503") -> None:
        self.failures = failures
        self.reason = reason
        self.refusals: list[str] = []
        self.sockets: list[FakeSocket] = []

    async def take(self, *, limit_s: float) -> ModelLeg:
        if self.failures:
            self.failures -= 1
            raise ConnectionFailedError(self.reason)
        leg, socket = a_model_leg()
        self.sockets.append(socket)
        return leg

    def refused(self, reason: str) -> None:
        self.refusals.append(reason)


@dataclass(slots=True)
class FakeRecords:
    """One confirmation with an open attempt, changed by the real core; it cannot be reached while `is_away`."""

    confirmation: Confirmation = field(default_factory=an_order)
    now: datetime = NOON
    is_away: bool = False
    asked: int = 0
    facts: list[Fact] = field(default_factory=list)

    def begin(self) -> "FakeRecords":
        """Open the attempt."""
        self._advance(AttemptBegun(self.now, ATTEMPT, "+38344000001"))
        return self

    async def apply(self, confirmation_id: str, make_fact: Callable[[datetime], Fact], /) -> PlannedTransition:
        self.asked += 1
        if self.is_away:
            raise StoreUnavailableError("redis: ConnectionError")
        if confirmation_id != self.confirmation.id:
            raise NotFoundError(confirmation_id)
        return self._advance(make_fact(self.now))

    def _advance(self, fact: Fact) -> PlannedTransition:
        self.facts.append(fact)
        step = apply_fact(self.confirmation, fact, ALWAYS, self.now)
        self.confirmation = step.confirmation
        return step


class NoOrders:
    """Has no other open order for any phone."""

    async def find_open_by_phone(self, shop: str | None, phone: str, /) -> tuple[Confirmation, ...]:
        return ()


@dataclass(slots=True)
class FakeTranscripts:
    """Records the turns."""

    turns: list[Turn] = field(default_factory=list)

    async def append(self, confirmation_id: str, turns: Sequence[Turn], /) -> None:
        self.turns = list(turns)


class FakeConfirmationWatches:
    """Reports a change when the test triggers one."""

    def __init__(self) -> None:
        self.news: asyncio.Queue[Confirmation] = asyncio.Queue()

    @asynccontextmanager
    async def watch(self, confirmation_id: str, attempt_id: str, /) -> AsyncIterator["FakeConfirmationWatches"]:
        yield self

    async def changed(self) -> Confirmation:
        return await self.news.get()


@dataclass(slots=True)
class FakeClock:
    """Time as set by the test, in seconds."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now

    def wall(self) -> datetime:
        return NOON + timedelta(seconds=self.now - 100.0)


def audio(milliseconds: int) -> str:
    """Return that much of a quiet tone as base64."""
    return b64encode(b"\xf0" * 8 * milliseconds).decode()


def silence(milliseconds: int) -> str:
    """Return that much digital silence as base64."""
    return b64encode(b"\xff" * 8 * milliseconds).decode()


def session(kind: str, *, input_format: str = request.MULAW, output_format: str = request.MULAW) -> dict[str, Any]:  # Any: JSON
    """Return a session event with these formats."""
    formats = {"input": {"format": {"type": input_format}}, "output": {"format": {"type": output_format}}}
    return {"type": kind, "event_id": "event_1", "session": {"type": "realtime", "audio": formats, "expires_at": 4e9}}


def delta(item: str, milliseconds: int, *, response: str = "resp_1") -> dict[str, Any]:  # Any: JSON
    """Return an audio delta of the model."""
    ids = {"response_id": response, "item_id": item, "output_index": 0, "content_index": 0}
    return {"type": "response.output_audio.delta", "event_id": "event_2", **ids, "delta": audio(milliseconds)}
