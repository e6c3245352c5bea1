"""How the one port answers; picows' sockets are left out."""

import asyncio
import json
from typing import Any

import pytest
from multidict import CIMultiDict
from picows import WSUpgradeRequest, WSUpgradeResponseWithListener
from prometheus_client import CollectorRegistry

from services.media_bridge.metrics import BridgeMetrics
from services.media_bridge.picows_websocket import PicowsListener
from services.media_bridge.process.call_tasks import CallTasks
from services.media_bridge.process.handshake_guard import HandshakeGuard, OpenHeads
from services.media_bridge.process.server import StreamServer
from services.media_bridge.process.shared_memory import BridgeSharedMemory
from services.media_bridge.process.stream_places import MOST_PER_ADDRESS
from services.media_bridge.twilio.signature import SignatureCheck
from shared.runtime.health import Health
from shared.settings.parsers import Bind

UPGRADE = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}
SIGNED = "T+WBXwUXC0/CyoZ1DA+p9ilZORs="


class Port:
    """A server that is not listening, asked directly."""

    def __init__(self, *, requires_signature: bool = False, max_streams: int = 9) -> None:
        self.registry = CollectorRegistry()
        self.health = Health(self.registry)
        self.memory = BridgeSharedMemory(1)
        self.tasks = CallTasks()
        self.guard = HandshakeGuard(lambda _guard: pytest.fail("it has no connection"), OpenHeads(), lambda _fault: None)
        self.server = StreamServer(
            object(),  # type: ignore[arg-type]  # used only once a stream is there
            self.tasks,
            bind=Bind("127.0.0.1", 0),
            health=self.health,
            metrics=BridgeMetrics(self.registry),
            signature=SignatureCheck(auth_tokens=("12345",), stream_url="wss://example.com/media", is_required=requires_signature),
            max_streams=max_streams,
            shared_memory=self.memory,
        )

    def ask(self, path: str, **headers: str) -> Any:  # noqa: ANN401 - Any: a socket or a response
        request = WSUpgradeRequest()
        request.method, request.version, request.path = b"GET", b"HTTP/1.1", path.encode()
        request.headers = CIMultiDict(UPGRADE | headers)
        return self.server._answer(self.guard, request)

    def status(self, path: str, **headers: str) -> tuple[int, dict[str, Any]]:  # Any: JSON
        answer = self.ask(path, **headers)
        assert isinstance(answer, WSUpgradeResponseWithListener)
        return int(answer.response.status), json.loads(answer.response.body or b"{}")

    def count(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


async def test_it_is_alive_and_ready_until_it_drains() -> None:
    port = Port()
    assert port.status("/healthz") == (200, {"status": "alive"})
    assert port.status("/readyz")[0] == 200
    port.health.start_draining()
    assert port.status("/readyz") == (503, {"status": "not_ready", "reasons": {"process": "draining"}})
    assert port.status("/healthz")[0] == 200


async def test_what_it_does_not_know_is_not_found() -> None:
    assert Port().status("/")[0] == 404


async def test_metrics_come_in_prometheus_form() -> None:
    answer = Port().ask("/metrics")
    assert b"bridge_streams_active 0.0" in answer.response.body


@pytest.mark.parametrize("path", ["/media-stream", "/media-stream/", "/media-stream?x=1"])
async def test_a_stream_is_accepted(path: str) -> None:
    port = Port()
    assert isinstance(port.ask(path), PicowsListener)
    assert port.count("bridge_handshakes_total", answer="accepted") == 1
    assert port.count("bridge_handshake_signatures_total", signature="invalid") == 1


async def test_an_unsigned_stream_is_refused_only_where_that_is_asked_for() -> None:
    port = Port(requires_signature=True)
    assert port.status("/media-stream")[0] == 403
    assert isinstance(port.ask("/media-stream", **{"x-twilio-signature": SIGNED}), PicowsListener)


async def test_a_draining_or_full_bridge_sends_the_call_on_to_the_keypad() -> None:
    full = Port(max_streams=0)
    assert full.status("/media-stream") == (503, {"status": "refused", "reason": "full"})
    draining = Port()
    draining.health.start_draining()
    assert draining.status("/media-stream") == (503, {"status": "refused", "reason": "draining"})


async def test_a_handshake_takes_no_place() -> None:
    port = Port(max_streams=1)
    for _ in range(3):
        assert isinstance(port.ask("/media-stream"), PicowsListener)
    assert port.memory.streams == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"upgrade": "h2c"}, 426),
        ({"connection": "close"}, 426),
        ({"sec-websocket-key": "c2hvcnQ="}, 400),
        ({"sec-websocket-key": "no base64"}, 400),
        ({"sec-websocket-version": "12\udcff"}, 400),
    ],
)
async def test_a_malformed_upgrade_gets_an_answer(headers: dict[str, str], status: int) -> None:
    port = Port()
    assert port.status("/media-stream", **headers)[0] == status
    assert port.count("bridge_handshakes_total", answer="accepted") is None


async def test_a_crowd_of_strangers_is_not_the_bridges_state() -> None:
    port = Port()
    places = [port.server._places.wait("192.0.2.1", is_signed=False) for _ in range(MOST_PER_ADDRESS)]
    forwarded = {"x-forwarded-for": "192.0.2.1"}
    assert isinstance(port.ask("/media-stream"), PicowsListener)  # an address of its own
    port.guard._peer = "127.0.0.1"  # the gateway
    assert port.status("/media-stream", **forwarded) == (429, {"status": "refused", "reason": "crowded"})
    assert isinstance(port.ask("/media-stream", **forwarded, **{"x-twilio-signature": SIGNED}), PicowsListener)
    places[0].leave()
    assert isinstance(port.ask("/media-stream", **forwarded), PicowsListener)


async def test_calls_that_are_broken_off_leave_what_they_have_to_write() -> None:
    port, written, has_begun = Port(), list[str](), asyncio.Event()

    async def write() -> None:
        await asyncio.sleep(0)
        written.append("turns")

    async def call() -> None:
        has_begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            port.tasks.run_in_background(write())

    async with port.tasks.running():
        port.tasks.start_call(call())
        await has_begun.wait()
        await port.server.end_calls(5)
        assert written == ["turns"]
        assert port.server.work_in_hand == 0


async def test_draining_ends_at_once_without_work_and_gives_up_on_work_without_end() -> None:
    port = Port()
    await port.server.drained(0.01)
    async with port.tasks.running():
        port.tasks.start_call(asyncio.Event().wait())  # type: ignore[arg-type]  # what it returns does not matter
        await port.server.drained(0.01)
        assert port.server.work_in_hand == 1
        port.tasks.cancel_calls()
