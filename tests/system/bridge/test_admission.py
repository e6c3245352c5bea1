"""Who may speak through the bridge, what its port serves beside streams, and how it ends."""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import websockets
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from shared.core.lifecycle.facts import AttemptBegun, CallPlaced
from shared.store import Created, Store
from shared.twilio.stream_token import issue
from tests.support.bridge.process import SECRET, BridgeProcess, open_store, running_bridge
from tests.support.orders import an_order, with_phone
from tests.support.simulators.openai import SimulatorProcess
from tests.support.simulators.twilio import SHOP, TOKEN
from tests.support.valkey import ValkeyServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]

CALL = "CA" + "1" * 32
STREAM = "MZ" + "2" * 32


NUMBERS = count(1)


@pytest.fixture(scope="module")
def shared_bridge(valkey_server: ValkeyServer, openai: SimulatorProcess, folder: Path) -> Iterator[BridgeProcess]:
    """For tests that leave it as it is."""
    valkey_server.flush()
    openai.reset()
    more = {"REQUIRE_STREAM_SIGNATURE": "off"}
    with running_bridge(folder, redis_url=valkey_server.url, openai_url=openai.url, **more) as process:
        yield process


@pytest.fixture
def own_bridge(valkey_server: ValkeyServer, openai: SimulatorProcess, folder: Path) -> Iterator[BridgeProcess]:
    """For tests that end it, fill it, or count what it did."""
    openai.reset()
    more = {"REQUIRE_STREAM_SIGNATURE": "off", "MAX_STREAMS": "2"}
    with running_bridge(folder, redis_url=valkey_server.url, openai_url=openai.url, **more) as process:
        yield process


@pytest.fixture
async def store(valkey_server: ValkeyServer) -> AsyncIterator[Store]:
    async with open_store(valkey_server.url) as opened:
        yield opened


async def an_open_attempt(store: Store, *, call_sid: str | None = None) -> tuple[str, str]:
    """A confirmation's id, and the token of its attempt."""
    number = next(NUMBERS)
    confirmation = with_phone(an_order(number, at=await store.now()), f"+3834420{number:04}")
    attempt_id = f"att_{number:026}"
    assert isinstance(await store.confirmations.submit(confirmation), Created)
    begun = await store.confirmations.apply(confirmation.id, lambda at: AttemptBegun(at, attempt_id, SHOP))
    assert begun.is_changed, begun.confirmation
    if call_sid is not None:
        await store.confirmations.apply(confirmation.id, lambda at: CallPlaced(at, attempt_id, call_sid))
    return confirmation.id, issue(SECRET, confirmation.id, attempt_id)


def start(token: str, *, call_sid: str = CALL, stream_sid: str = STREAM) -> str:
    media_format = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    described = {"callSid": call_sid, "streamSid": stream_sid, "mediaFormat": media_format}
    described["customParameters"] = {"token": token}
    return json.dumps({"event": "start", "sequenceNumber": "1", "start": described, "streamSid": stream_sid})


async def turned_away(bridge: BridgeProcess, *frames: str) -> tuple[int | None, str | None, int]:
    """Close code and reason, and how many frames came before."""
    received = 0
    async with websockets.connect(bridge.stream_url) as socket:
        for frame in frames:
            await socket.send(frame)
        with contextlib.suppress(websockets.ConnectionClosedError):
            async for _ in socket:
                received += 1
        return socket.close_code, socket.close_reason, received


SILENTLY = (1008, "", 0)


async def test_a_forged_token_is_turned_away_without_a_word(shared_bridge: BridgeProcess) -> None:
    metric = 'bridge_streams_turned_away_total{reason="token_invalid"}'
    before = shared_bridge.metric(metric)
    assert await turned_away(shared_bridge, start("cnf_1:att_1.forged")) == SILENTLY
    assert shared_bridge.metric(metric) == before + 1


async def test_a_token_of_an_attempt_that_is_not_open_is_turned_away(shared_bridge: BridgeProcess, store: Store) -> None:
    confirmation_id, _ = await an_open_attempt(store)
    token = issue(SECRET, confirmation_id, "att_" + "9" * 26)
    assert await turned_away(shared_bridge, start(token)) == SILENTLY


async def test_a_used_token_is_turned_away_and_its_own_call_goes_on(shared_bridge: BridgeProcess, store: Store) -> None:
    _, token = await an_open_attempt(store)
    async with websockets.connect(shared_bridge.stream_url, max_queue=None) as own:
        await own.send(start(token))
        assert json.loads(await own.recv())["event"] == "media"
        assert await turned_away(shared_bridge, start(token, stream_sid="MZ" + "3" * 32)) == SILENTLY
        assert json.loads(await own.recv())["streamSid"] == STREAM


async def test_a_token_in_a_foreign_call_stays_good_for_its_own(shared_bridge: BridgeProcess, store: Store) -> None:
    _, token = await an_open_attempt(store, call_sid=CALL)
    assert await turned_away(shared_bridge, start(token, call_sid="CA" + "9" * 32)) == SILENTLY
    async with websockets.connect(shared_bridge.stream_url, max_queue=None) as own:
        await own.send(start(token))
        assert json.loads(await own.recv())["event"] == "media"


async def test_a_full_bridge_refuses_the_handshake_and_only_calls_fill_it(own_bridge: BridgeProcess, store: Store) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(5):
            await stack.enter_async_context(websockets.connect(own_bridge.stream_url))
        for number in (1, 2):
            _, token = await an_open_attempt(store)
            call = await stack.enter_async_context(websockets.connect(own_bridge.stream_url, max_queue=None))
            await call.send(start(token, call_sid=f"CA{number:032}"))
            await call.recv()
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(own_bridge.stream_url)
    assert refused.value.response.status_code == 503


async def test_every_signature_is_checked_and_counted(shared_bridge: BridgeProcess) -> None:
    metrics = [f'bridge_handshake_signatures_total{{signature="{name}"}}' for name in ("valid", "invalid")]
    before = [shared_bridge.metric(metric) for metric in metrics]
    signature = RequestValidator(TOKEN).compute_signature(shared_bridge.stream_url, {})
    for sent in (signature, "nonsense", "more nonsense"):
        async with websockets.connect(shared_bridge.stream_url, additional_headers={"x-twilio-signature": sent}):
            pass
    assert [shared_bridge.metric(metric) for metric in metrics] == [before[0] + 1, before[1] + 2]


async def test_a_wrong_signature_is_refused_unless_somebody_allows_it(
    valkey_server: ValkeyServer, openai: SimulatorProcess, folder: Path
) -> None:
    with running_bridge(folder, redis_url=valkey_server.url, openai_url=openai.url) as bridge:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(bridge.stream_url)
        assert refused.value.response.status_code == 403
        signature = RequestValidator(TOKEN).compute_signature(f"{bridge.stream_url}/", {})
        async with websockets.connect(bridge.stream_url, additional_headers={"x-twilio-signature": signature}):
            pass


def test_health_and_metrics_share_the_port(shared_bridge: BridgeProcess) -> None:
    assert shared_bridge.get("/healthz").json() == {"status": "alive"}
    assert shared_bridge.get("/readyz").json() == {"status": "ready"}
    assert "bridge_streams_active" in shared_bridge.get("/metrics").text
    assert shared_bridge.get("/elsewhere").status_code == 404


async def test_sessions_are_opened_ahead_and_replaced(own_bridge: BridgeProcess, store: Store, openai: SimulatorProcess) -> None:
    await until(lambda: own_bridge.metric("bridge_warm_sessions") >= 1)
    _, token = await an_open_attempt(store)
    await until(lambda: all(session["formats"] for session in openai.sessions()))
    waiting = openai.sessions()
    assert {str(session["formats"]) for session in waiting} == {str({"input": "audio/pcmu", "output": "audio/pcmu"})}
    assert [session["responses"] for session in waiting if session["responses"]] == []
    async with websockets.connect(own_bridge.stream_url, max_queue=None) as socket:
        await socket.send(start(token))
        await socket.recv()
        await until(lambda: own_bridge.metric("bridge_warm_sessions") >= 1)
        speaking = [session["id"] for session in openai.sessions() if session["responses"]]
    assert len(speaking) == 1
    assert speaking[0] in {session["id"] for session in waiting}


async def test_a_draining_bridge_serves_its_calls_and_refuses_new_ones(own_bridge: BridgeProcess, store: Store) -> None:
    _, token = await an_open_attempt(store)
    async with websockets.connect(own_bridge.stream_url, max_queue=None) as socket:
        await socket.send(start(token))
        await socket.recv()
        own_bridge.process.send_signal(signal.SIGTERM)
        await until(lambda: own_bridge.get("/readyz").status_code == 503)
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(own_bridge.stream_url)
        assert refused.value.response.status_code == 503
        await socket.recv()
        assert own_bridge.process.poll() is None
        await socket.send(json.dumps({"event": "stop", "streamSid": STREAM, "stop": {}}))
        async for _ in socket:
            pass
    assert await asyncio.to_thread(own_bridge.process.wait, 15) == 0


async def test_a_second_signal_ends_it_at_once(own_bridge: BridgeProcess, store: Store) -> None:
    _, token = await an_open_attempt(store)
    async with websockets.connect(own_bridge.stream_url, max_queue=None) as socket:
        await socket.send(start(token))
        await socket.recv()
        own_bridge.process.send_signal(signal.SIGTERM)
        await until(lambda: own_bridge.get("/readyz").status_code == 503)
        own_bridge.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(own_bridge.process.wait, 15) == 0


async def until(claim: Any, limit_s: float = 15) -> None:  # noqa: ANN401 - Any: a callable without arguments
    async with asyncio.timeout(limit_s):
        while not await asyncio.to_thread(claim):
            await asyncio.sleep(0.05)
