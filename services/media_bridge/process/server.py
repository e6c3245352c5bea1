"""The bridge's one port: media streams in, health and metrics beside them; refuses what it can't serve, and drains."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from picows import WSListener, WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener, ws_create_server

from services.media_bridge.call.stream_session import Desk, Lobby, receive_stream
from services.media_bridge.metrics import BridgeMetrics
from services.media_bridge.process.shared_memory import Siblings
from services.media_bridge.twilio.leg import CallerLeg
from services.media_bridge.twilio.signature import SignatureCheck
from services.media_bridge.websocket import MAX_MESSAGE_BYTES, READ_BUFFER_BYTES, PicowsSocket
from shared.runtime.health import Health
from shared.runtime.metrics import expose
from shared.settings.parsers import Bind

log = structlog.get_logger()

_SIGNATURE = "X-Twilio-Signature"
_LOOK_EVERY_S = 1.0
_HANDSHAKE_LIMIT_S = 5.0

Answer = WSListener | WSUpgradeResponseWithListener | None


class StreamServer:
    """Serves until `run` is cancelled. `desk` is given later than the rest: its background tasks live here."""

    def __init__(
        self,
        *,
        bind: Bind,
        health: Health,
        metrics: BridgeMetrics,
        signature: SignatureCheck,
        requires_signature: bool,
        max_streams: int,
        siblings: Siblings,
    ) -> None:
        self._bind = bind
        self._health = health
        self._metrics = metrics
        metrics.work.set_function(lambda: self._in_hand)
        self._signature = signature
        self._requires_signature = requires_signature
        self._max_streams = max_streams * siblings.count
        self._siblings = siblings
        self._desk: Desk | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._calls: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Server | None = None
        self._reasons: dict[str, str] = {}
        self._in_hand = 0
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self.streams = 0

    @property
    def work_in_hand(self) -> int:
        """How many calls, and writes that outlived theirs, are not done yet."""
        return self._in_hand

    def keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a task that may outlive its call."""
        if self._tasks is None:
            work.close()
            return
        self._add(self._tasks, work)

    async def run(self, desk: Desk) -> None:
        """Serve."""
        self._desk = desk
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            self._listening = await ws_create_server(
                self._answer,
                self._bind.host,
                self._bind.port,
                websocket_handshake_timeout=_HANDSHAKE_LIMIT_S,
                max_frame_size=MAX_MESSAGE_BYTES,
                read_buffer_init_size=READ_BUFFER_BYTES,
                reuse_port=self._siblings.count > 1,
            )
            log.info("bridge_started", host=self._bind.host, port=self._bind.port)
            try:
                await self._look_after_health()
            finally:
                self.leave_port()

    def leave_port(self) -> None:
        """Listen no more, so that others can have the port; the streams that stand go on."""
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.close()

    async def drained(self, limit_s: float) -> None:
        """Refuse what is new from now on and wait for the work in hand, at most `limit_s` seconds."""
        self._health.start_draining()
        log.info("drain_started", in_hand=self._in_hand)
        try:
            async with asyncio.timeout(limit_s):
                await self._is_idle.wait()
        except TimeoutError:
            log.warning("drain_timed_out", in_hand=self._in_hand)
        else:
            log.info("drain_ended")

    async def end_calls(self, limit_s: float) -> None:
        """Break off the calls that still go on, and let what they leave be written, for at most `limit_s` seconds."""
        for call in self._calls:
            call.cancel()
        try:
            async with asyncio.timeout(limit_s):
                await self._is_idle.wait()
        except TimeoutError:
            log.error("writes_lost", in_hand=self._in_hand)  # noqa: TRY400 - the traceback tells no more

    def _add(self, tasks: asyncio.TaskGroup, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin with one call, or one write; it is in hand from now on."""
        self._in_hand += 1
        self._is_idle.clear()
        task = tasks.create_task(_guarded(work))
        task.add_done_callback(self._note_end)
        return task

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        self._in_hand -= 1
        if not self._in_hand:
            self._is_idle.set()

    async def _look_after_health(self) -> None:
        """Ask after our needs again and again: picows wants its answers at once."""
        while True:
            self._reasons = dict(await self._health.reasons())
            await asyncio.sleep(_LOOK_EVERY_S)

    def _answer(self, request: WSUpgradeRequest) -> Answer:
        """Route one request; picows calls this for each."""
        path = request.path.decode("ascii", "replace").partition("?")[0]
        match path.rstrip("/"):
            case "/media-stream":
                return self._stream(request)
            case "/healthz":
                return _json(HTTPStatus.OK, {"status": "alive"})
            case "/readyz":
                return self._readiness()
            case "/metrics":
                body, kind = expose(self._health.registry, request.headers.get("Accept", ""))
                return _response(HTTPStatus.OK, body, {"Content-Type": kind})
            case _:
                return _json(HTTPStatus.NOT_FOUND, {"status": "not_found"})

    def _readiness(self) -> Answer:
        reasons = self._reasons | ({"process": "draining"} if self._health.is_draining else {})
        if reasons:
            return _json(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "not_ready", "reasons": reasons})
        return _json(HTTPStatus.OK, {"status": "ready"})

    def _stream(self, request: WSUpgradeRequest) -> Answer:
        """Accept a stream, or refuse it so that Twilio goes on to the keypad at once."""
        is_signed = self._signature.is_signed(request.headers.get(_SIGNATURE))
        self._metrics.signatures.labels(signature="valid" if is_signed else "invalid").inc()
        refusal = self._refusal(is_signed=is_signed)
        self._metrics.handshakes.labels(answer=refusal[1] if refusal else "accepted").inc()
        if refusal is not None or self._desk is None:
            status, reason = refusal or (HTTPStatus.SERVICE_UNAVAILABLE, "starting")
            log.warning("handshake_refused", reason=reason)
            return _json(status, {"status": "refused", "reason": reason})
        lobby = Lobby()
        leg = CallerLeg(lobby)
        socket = PicowsSocket(leg, partial(self._serve, self._desk, leg, lobby))
        leg.use(socket)
        return socket

    def _refusal(self, *, is_signed: bool) -> tuple[HTTPStatus, str] | None:
        if self._requires_signature and not is_signed:
            return HTTPStatus.FORBIDDEN, "signature"
        if self._health.is_draining:
            return HTTPStatus.SERVICE_UNAVAILABLE, "draining"
        if not self._siblings.claim(self.streams, most=self._max_streams):
            return HTTPStatus.SERVICE_UNAVAILABLE, "full"
        asyncio.get_running_loop().call_soon(self._note_streams)  # by then it is a stream, or picows has found fault with it
        return None

    def _serve(self, desk: Desk, leg: CallerLeg, lobby: Lobby) -> None:
        """Have a stream served whose handshake is done."""
        if self._tasks is None:
            return
        self._count_streams(1)
        self._calls.add(self._add(self._tasks, self._receive(desk, leg, lobby)))

    async def _receive(self, desk: Desk, leg: CallerLeg, lobby: Lobby) -> None:
        try:
            await receive_stream(desk, leg, lobby)
        finally:
            self._count_streams(-1)

    def _count_streams(self, more: int) -> None:
        self.streams += more
        self._metrics.streams.set(self.streams)
        self._note_streams()

    def _note_streams(self) -> None:
        self._siblings.note_streams(self.streams)


async def _guarded(work: Coroutine[Any, Any, None]) -> None:
    """Run a call, or a write; what goes wrong in it is its own affair."""
    try:
        await work
    except Exception:  # outermost: one call that fails must not end the others
        log.exception("task_failed")


def _json(status: HTTPStatus, body: dict[str, Any]) -> WSUpgradeResponseWithListener:  # Any: JSON
    headers = {"Content-Type": "application/json"}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "1"
    return _response(status, msgspec.json.encode(body), headers)


def _response(status: HTTPStatus, body: bytes, headers: dict[str, str]) -> WSUpgradeResponseWithListener:
    if status is HTTPStatus.OK:
        made = WSUpgradeResponse.create_ok_response(body, headers)
    else:
        made = WSUpgradeResponse.create_error_response(status, body, headers)
    return WSUpgradeResponseWithListener(made, None)
