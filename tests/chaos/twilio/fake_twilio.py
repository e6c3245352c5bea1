"""Twilio's REST API and callbacks, small and fast, with seeded faults: thousands of calls a run, all recorded.

It provides only what the product relies on; `simulators/twilio` is the faithful one.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from time import monotonic
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tests.chaos.twilio.callbacks import post_signed

ACCOUNT = "AC" + "6" * 32
TOKEN = "t0ken-of-the-hurried-account"
_JSON_CALLS = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
_OVER = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
_PAGE = 50
_REPEATS_AFTER_S = (0.1, 0.3, 0.0)  # a callback without an answer, or with a 5xx, is posted three times in all (`#rc=2`)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioFaults:
    """How often each fault happens (shares of 1), and how long each thing takes (seconds, from and to)."""

    too_many: float = 0.0  # 429
    refused_500: float = 0.0
    accepted_500: float = 0.0
    accepted_silent: float = 0.0  # the call exists, the answer never arrives
    no_callbacks: float = 0.0
    doubled_callbacks: float = 0.0
    presses_1: float = 0.3  # of the customers who answer
    accepts_after_s: tuple[float, float] = (0.0, 0.0)  # how late the call begins to exist
    answers_after_s: tuple[float, float] = (0.02, 0.06)
    rings_s: tuple[float, float] = (0.1, 0.4)
    tells_after_s: float = 0.0  # the first callback


MANY_FAULTS = TwilioFaults(
    too_many=0.05, refused_500=0.03, accepted_500=0.03, accepted_silent=0.05, no_callbacks=0.1, doubled_callbacks=0.2
)  # the shares that issue 4 names


@dataclass(slots=True)
class Call:
    """One call as it really happened; times are of the monotonic clock."""

    sid: str
    to: str
    from_number: str
    confirmation_id: str
    attempt_id: str
    status_url: str
    twiml: str
    created_at: datetime
    begun_at: float
    status: str = "queued"
    ended_at: float | None = None
    is_silent: bool = False


@dataclass(slots=True)
class FakeTwilio:
    """The account. It calls `on_request` for each request for a call, before it handles the request."""

    twilio_faults: TwilioFaults
    rng: Random
    origin: str = ""
    calls: dict[str, Call] = field(default_factory=dict)
    requests: int = 0
    refused: int = 0
    on_request: Callable[[str], Awaitable[None]] | None = None
    on_accepted: Callable[[str], Awaitable[None]] | None = None
    on_answered: Callable[[str], Awaitable[None]] | None = None
    _group: asyncio.TaskGroup | None = None
    _connections: set[asyncio.StreamWriter] = field(default_factory=set)

    def all_calls(self) -> list[Call]:
        """Return all calls, oldest first."""
        return list(self.calls.values())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of the product."""
        self._connections.add(writer)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            writer.transport.abort()
            self._connections.discard(writer)

    async def break_off(self) -> None:
        """Cut all connections, and wait until their tasks have ended."""
        for writer in list(self._connections):
            writer.transport.abort()
        while self._connections:
            await asyncio.sleep(0.01)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read one request and answer it; return False if the connection must be cut instead."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, _ = head.split(" ", 2)
        length = next((int(line[15:]) for line in head.lower().split("\r\n") if line.startswith("content-length:")), 0)
        body = (await reader.readexactly(length)).decode()
        answer = await self._answer(method, target, dict(parse_qsl(body)))
        if answer is None:
            return False
        status, document = answer
        content = json.dumps(document).encode()
        top = f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        writer.write(top.encode() + content)
        await writer.drain()
        if method == "POST" and target == _JSON_CALLS and self.on_answered is not None:
            await self.on_answered(str(document.get("to")))
        return True

    async def _answer(self, method: str, target: str, form: dict[str, str]) -> tuple[int, dict[str, object]] | None:
        url = urlsplit(target)
        if url.path == _JSON_CALLS:
            return await self._place(form) if method == "POST" else (200, self._listed(parse_qs(url.query)))
        call = self.calls.get(url.path.rsplit("/", 1)[1].removesuffix(".json"))
        if call is None:
            return 404, {"code": 20404}
        if method == "POST":
            is_open = call.status in {"queued", "ringing"} or (form["Status"] == "completed" and call.status == "in-progress")
            if not is_open:
                return 400, {"code": 21220}
            self._set(call, form["Status"])
        return 200, _resource(call)

    async def _place(self, form: dict[str, str]) -> tuple[int, dict[str, object]] | None:
        self.requests += 1
        twilio_faults, rng, mood = self.twilio_faults, self.rng, self.rng.random()
        if self.on_request is not None:
            await self.on_request(form["To"])
        if (mood := mood - twilio_faults.too_many) < 0:
            self.refused += 1
            return 429, {"code": 20429}
        if (mood := mood - twilio_faults.refused_500) < 0:
            self.refused += 1
            return 500, {"code": 20500}
        await asyncio.sleep(rng.uniform(*twilio_faults.accepts_after_s))
        call = self._accept(form)
        if self.on_accepted is not None:
            await self.on_accepted(call.to)
        await asyncio.sleep(rng.uniform(*twilio_faults.answers_after_s))
        if (mood := mood - twilio_faults.accepted_500) < 0:
            return 500, {"code": 20500}
        return None if mood < twilio_faults.accepted_silent else (201, _resource(call))

    def _accept(self, form: dict[str, str]) -> Call:
        status_url = form["StatusCallback"]
        *_, confirmation_id, attempt_id = urlsplit(status_url).path.split("/")
        call = Call(
            sid=f"CA{len(self.calls):032x}",
            to=form["To"],
            from_number=form["From"],
            confirmation_id=confirmation_id,
            attempt_id=attempt_id,
            status_url=status_url,
            twiml=form["Twiml"],
            created_at=datetime.now(UTC),
            begun_at=monotonic(),
            is_silent=self.rng.random() < self.twilio_faults.no_callbacks,
        )
        self.calls[call.sid] = call
        if self._group is not None:
            live = self._live(call)
            try:
                self._group.create_task(live)
            except RuntimeError:  # the test has ended, and with it the task group
                live.close()
        return call

    async def _live(self, call: Call) -> None:
        """Let the call ring and end, and report it; a call that was cancelled meanwhile keeps its end."""
        await asyncio.sleep(self.twilio_faults.tells_after_s)
        await self._tell(call, "initiated")
        if not _is_over(call):
            self._set(call, "ringing")
        await asyncio.sleep(self.rng.uniform(*self.twilio_faults.rings_s))
        end = self.rng.choice(("busy", "no-answer", "failed", "completed", "completed", "completed"))
        if end == "completed" and not _is_over(call):
            self._set(call, "in-progress")
            await self._tell(call, "in-progress")
            if self.rng.random() < self.twilio_faults.presses_1:
                await self._press_1(call)
            await asyncio.sleep(self.rng.uniform(*self.twilio_faults.rings_s))
        if not _is_over(call):
            self._set(call, end)
        await self._tell(call, call.status)

    def _set(self, call: Call, status: str) -> None:
        call.status = status
        if status in _OVER:
            call.ended_at = monotonic()

    async def _tell(self, call: Call, status: str) -> None:
        """Post a status callback: once, twice or, for a silent call, never."""
        if call.is_silent:
            return
        for _ in range(2 if self.rng.random() < self.twilio_faults.doubled_callbacks else 1):
            await self._post(call.status_url, call, status)

    async def _press_1(self, call: Call) -> None:
        """Lose the stream, get asked for a key, press 1, and hear the disclosure."""
        for kind, more in (("after-stream", {}), ("keypad", {"Digits": "1"}), ("after-disclosure/1", {})):
            await self._post(call.status_url.replace("/twilio/status/", f"/twilio/{kind}/"), call, "in-progress", more)

    async def _post(self, url: str, call: Call, status: str, more: dict[str, str] | None = None) -> None:
        form = {"CallSid": call.sid, "AccountSid": ACCOUNT, "From": call.from_number, "To": call.to, "CallStatus": status}
        if status in _OVER:
            form["CallDuration"] = "7"
        for pause_s in _REPEATS_AFTER_S:
            with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                if await post_signed(url, {**form, **(more or {})}, token=TOKEN) < 500:
                    return
            await asyncio.sleep(pause_s)

    def _listed(self, query: dict[str, list[str]]) -> dict[str, object]:
        found = [_resource(call) for call in reversed(self.calls.values()) if call.to == query["To"][0]]
        return {"calls": found[:_PAGE], "next_page_uri": None}


def _is_over(call: Call) -> bool:
    return call.status in _OVER


def _resource(call: Call) -> dict[str, object]:
    return {
        "sid": call.sid,
        "to": call.to,
        "from": call.from_number,
        "status": call.status,
        "duration": "7" if _is_over(call) else None,
        "date_created": call.created_at.strftime("%a, %d %b %Y %H:%M:%S +0000"),
    }


@asynccontextmanager
async def fake_twilio(twilio_faults: TwilioFaults, *, seed: int) -> AsyncIterator[FakeTwilio]:
    """Serve an account on this machine; leaving waits for the calls in progress, which take seconds."""
    twilio = FakeTwilio(twilio_faults, Random(seed))
    server = await asyncio.start_server(twilio.serve, "127.0.0.1", 0)
    twilio.origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        async with asyncio.TaskGroup() as group:
            twilio._group = group
            keep_open = group.create_task(asyncio.Event().wait())
            try:
                yield twilio
            finally:
                keep_open.cancel()
    finally:
        server.close()
        await twilio.break_off()
