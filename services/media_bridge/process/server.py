"""The bridge's one port: media streams, health and metrics. It refuses what it can't serve, and drains."""

import asyncio
from functools import partial
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from picows import WSListener, WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener

from services.media_bridge.metrics import BridgeMetrics
from services.media_bridge.picows_server import listen, server_protocol
from services.media_bridge.picows_websocket import PicowsListener
from services.media_bridge.process.call_tasks import CallTasks
from services.media_bridge.process.handshake_guard import HandshakeGuard, OpenHeads
from services.media_bridge.process.request_head import HeadFault, upgrade_fault
from services.media_bridge.process.shared_memory import BridgeSharedMemory
from services.media_bridge.process.stream_places import CROWDED, StreamPlace, StreamPlaces
from services.media_bridge.streams.pending_stream import PendingStream
from services.media_bridge.streams.stream_session import BridgeDependencies, receive_stream
from services.media_bridge.twilio.leg import CallerLeg
from services.media_bridge.twilio.signature import SignatureCheck
from services.media_bridge.websocket import MAX_EARLY_MESSAGE_BYTES, Socket
from shared.runtime.health import Health
from shared.runtime.metrics import expose
from shared.settings.parsers import Bind
from shared.twilio import callback_urls

log = structlog.get_logger()

_SIGNATURE = "X-Twilio-Signature"
_FORWARDED_FOR = "X-Forwarded-For"
_CHECK_HEALTH_EVERY_S = 1.0

Answer = WSListener | WSUpgradeResponseWithListener | None


class StreamServer:
    """Serves until `run` is cancelled. `max_streams` is the limit of one process; all processes share the sum of theirs."""

    def __init__(
        self,
        dependencies: BridgeDependencies,
        tasks: CallTasks,
        *,
        bind: Bind,
        health: Health,
        metrics: BridgeMetrics,
        signature: SignatureCheck,
        max_streams: int,
        shared_memory: BridgeSharedMemory,
    ) -> None:
        self._dependencies = dependencies
        self._tasks = tasks
        self._bind = bind
        self._health = health
        self._metrics = metrics
        metrics.streams.work.set_function(lambda: tasks.count)
        self._signature = signature
        self._places = StreamPlaces(shared_memory, most_calls=max_streams * shared_memory.count)
        metrics.streams.active.set_function(lambda: self._places.calls)
        metrics.streams.waiting.set_function(lambda: self._places.waiting)
        self._is_port_shared = shared_memory.count > 1
        self._open_heads = OpenHeads()
        self._listening: asyncio.AbstractServer | None = None  # None while nobody listens
        self._not_ready_reasons: dict[str, str] = {}

    @property
    def work_in_hand(self) -> int:
        """How many calls, and writes that outlived theirs, are not done yet."""
        return self._tasks.count

    async def run(self) -> None:
        """Serve."""
        async with self._tasks.running():
            bind = self._bind
            self._listening = await listen(self._guard, bind.host, bind.port, reuse_port=self._is_port_shared)
            log.info("bridge_started", host=self._bind.host, port=self._bind.port)
            try:
                await self._check_health()
            finally:
                self.leave_port()

    def leave_port(self) -> None:
        """Stop listening, so that others can have the port; the open streams go on."""
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.close()

    async def drained(self, limit_s: float) -> None:
        """Refuse new streams from now on and wait for the calls and their writes, at most `limit_s` seconds."""
        self._health.start_draining()
        log.info("drain_started", in_hand=self._tasks.count)
        if await self._tasks.idle(limit_s):
            log.info("drain_ended")
        else:
            log.warning("drain_timed_out", in_hand=self._tasks.count)

    async def end_calls(self, limit_s: float) -> None:
        """Break off the calls that still go on, and wait at most `limit_s` seconds for their last writes."""
        self._tasks.cancel_calls()
        if not await self._tasks.idle(limit_s):
            log.error("writes_lost", in_hand=self._tasks.count)

    async def _check_health(self) -> None:
        """Keep the reasons why we are not ready up to date: picows wants its answers at once."""
        while True:
            self._not_ready_reasons = dict(await self._health.reasons())
            await asyncio.sleep(_CHECK_HEALTH_EVERY_S)

    def _guard(self) -> HandshakeGuard:
        return HandshakeGuard(lambda guard: server_protocol(partial(self._answer, guard)), self._open_heads, self._note_fault)

    def _note_fault(self, fault: HeadFault) -> None:
        self._metrics.streams.handshakes.labels(answer=fault.reason).inc()

    def _answer(self, guard: HandshakeGuard, request: WSUpgradeRequest) -> Answer:
        """Route one request; picows calls this for each."""
        path = request.path.decode("ascii", "replace").partition("?")[0]
        match path.rstrip("/"):
            case callback_urls.STREAM_PATH:
                return self._answer_stream(guard, request)
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
        reasons = self._not_ready_reasons | ({"process": "draining"} if self._health.is_draining else {})
        if reasons:
            return _json(HTTPStatus.SERVICE_UNAVAILABLE, {"status": "not_ready", "reasons": reasons})
        return _json(HTTPStatus.OK, {"status": "ready"})

    def _answer_stream(self, guard: HandshakeGuard, request: WSUpgradeRequest) -> Answer:
        """Accept a stream, or refuse it so that Twilio goes on to the keypad at once."""
        fault = upgrade_fault(request.headers)
        if fault is not None:
            self._note_fault(fault)
            return _json(fault.status, {"status": "refused", "reason": fault.reason})
        is_signed = self._signature.is_signed(request.headers.get(_SIGNATURE))
        self._metrics.streams.signatures.labels(signature="valid" if is_signed else "invalid").inc()
        address = guard.address(request.headers.get(_FORWARDED_FOR))
        refusal = self._refusal(address, is_signed=is_signed)
        self._metrics.streams.handshakes.labels(answer=refusal[1] if refusal else "accepted").inc()
        if refusal is not None:
            status, reason = refusal
            log.warning("handshake_refused", reason=reason)
            return _json(status, {"status": "refused", "reason": reason})
        accept = partial(self._accept, address, is_signed)
        return PicowsListener(accept, most_bytes=MAX_EARLY_MESSAGE_BYTES, on_admitted=guard.admit)

    def _refusal(self, address: str, *, is_signed: bool) -> tuple[HTTPStatus, str] | None:
        if self._signature.is_required and not is_signed:
            return HTTPStatus.FORBIDDEN, "signature"
        if self._health.is_draining:
            return HTTPStatus.SERVICE_UNAVAILABLE, "draining"
        match self._places.refusal(address, is_signed=is_signed):
            case None:
                return None
            case reason:
                # a proxy takes 503 for the state of this bridge, so a crowd of strangers must not cause it
                return HTTPStatus.TOO_MANY_REQUESTS if reason == CROWDED else HTTPStatus.SERVICE_UNAVAILABLE, reason

    def _accept(self, address: str, is_signed: bool, socket: Socket) -> CallerLeg:  # noqa: FBT001 - bound when the handshake was read
        """Serve a stream whose handshake is done; returns who receives its messages."""
        pending = PendingStream()
        leg = CallerLeg(socket, pending)
        place = self._places.wait(address, is_signed=is_signed)
        self._tasks.start_call(self._receive(leg, pending, place))
        return leg

    async def _receive(self, leg: CallerLeg, pending: PendingStream, place: StreamPlace) -> None:
        try:
            await receive_stream(self._dependencies, leg, pending, place)
        finally:
            place.leave()


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
