"""The neighbours away: Redis stalled, OpenAI refusing; and nothing left behind by many calls."""

import asyncio
import json
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import websockets

from shared.core.lifecycle.facts import AttemptBegun
from shared.core.outcome import Channel, VerdictKind
from shared.store import Store
from shared.twilio.stream_token import issue
from tests.support.bridge.process import SECRET, BridgeProcess, Phone, open_store, running_bridge
from tests.support.orders import an_order, with_phone
from tests.support.simulators.openai import SimulatorProcess, running_simulator
from tests.support.simulators.twilio import SHOP, FarEnd, TwilioSimulator, eventually
from tests.support.valkey import ValkeyServer, running_valkey

pytestmark = [pytest.mark.system, pytest.mark.timeout(90)]

MANY = 60
WARM = 20  # as many sessions as the bridge opens ahead at most


@pytest.fixture(scope="module")
def own_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A server that may be stopped."""
    with running_valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(scope="module")
def bridge(own_valkey: ValkeyServer, openai: SimulatorProcess, folder: Path) -> Iterator[BridgeProcess]:
    with running_bridge(folder, redis_url=own_valkey.url, openai_url=openai.url) as process:
        yield process


async def test_a_decision_outlives_an_outage_of_redis(
    own_valkey: ValkeyServer, openai: SimulatorProcess, twilio: TwilioSimulator, bridge: BridgeProcess, end: FarEnd
) -> None:
    async with open_store(own_valkey.url) as store:
        call = await Phone(twilio, openai, bridge, end, store).call({"wait_agent_speaking": 1500}, {"press": "1"}, "stay")
        await eventually(lambda: twilio.ledger(call.sid)["heard"])
        own_valkey.process.send_signal(signal.SIGSTOP)
        try:
            ledger = await call.ended(limit_s=30)
            assert ledger["streams"][0]["closed_by"] == "server"
            assert await asyncio.to_thread(lambda: bridge.get("/healthz").status_code) == 200
            assert await asyncio.to_thread(lambda: bridge.get("/readyz").status_code) == 503
        finally:
            own_valkey.process.send_signal(signal.SIGCONT)
        async with asyncio.timeout(15):
            while (verdict := (await call.record()).attempts[0].verdict) is None:
                await asyncio.sleep(0.1)
        assert (verdict.kind, verdict.channel) == (VerdictKind.CONFIRMED, Channel.KEYPAD)


async def test_with_openai_refusing_the_keypad_decides(
    own_valkey: ValkeyServer, twilio: TwilioSimulator, end: FarEnd, tmp_path: Path
) -> None:
    with running_simulator() as openai:
        openai.behave(refuse_handshake=503)
        with running_bridge(tmp_path, redis_url=own_valkey.url, openai_url=openai.url) as bridge:
            async with open_store(own_valkey.url) as store:
                phone = Phone(twilio, openai, bridge, end, store)
                call = await phone.call({"wait_until_agent_done": 2500}, {"press": "2"}, "stay")
                ledger = await call.ended()
                attempt = (await call.record()).attempts[0]
                words = await call.words()
    assert attempt.verdict is not None
    assert (attempt.verdict.kind, attempt.verdict.channel) == (VerdictKind.CANCELLED, Channel.KEYPAD)
    assert ledger["streams"][0]["first_audible_ms"] - ledger["streams"][0]["started_ms"] < 4000
    assert ledger["streams"][0]["cut_ms"] == 0
    assert [speaker for speaker, _, _ in words] == ["agent"] * len(words)


async def test_many_calls_leave_nothing_behind(own_valkey: ValkeyServer, bridge: BridgeProcess) -> None:
    async with open_store(own_valkey.url) as store:
        await short_calls(store, bridge, first=200)
        await eventually(partial(_is_at_rest, bridge))
        before = open_files(bridge)
        await short_calls(store, bridge, first=300)
        await eventually(partial(_is_at_rest, bridge))
    assert bridge.metric("bridge_streams_active") == 0
    assert open_files(bridge) <= before + 2
    assert "task_failed" not in bridge.log.read_text()


def _is_at_rest(bridge: BridgeProcess) -> bool:
    """No call is left, and the sessions that were used up are replaced; so many calls count as ringing that all are wanted."""
    return bridge.metric("bridge_work_in_hand") == 0 and bridge.metric("bridge_warm_sessions") == WARM


def open_files(bridge: BridgeProcess) -> int:
    return sum(1 for _ in Path(f"/proc/{bridge.process.pid}/fd").iterdir())


async def short_calls(store: Store, bridge: BridgeProcess, *, first: int) -> None:
    """Callers who hang up in the middle of the greeting, some with a `stop`, some without a word."""
    for number in range(first, first + MANY):
        attempt_id, confirmation = f"att_{number:026}", with_phone(an_order(number, at=await store.now()), f"+3834420{number:04}")
        await store.confirmations.submit(confirmation)

        def begun(at: object, attempt_id: str = attempt_id) -> AttemptBegun:
            return AttemptBegun(at, attempt_id, SHOP)  # type: ignore[arg-type]

        await store.confirmations.apply(confirmation.id, begun)
        socket = await websockets.connect(bridge.stream_url, additional_headers=bridge.signed, max_queue=None)
        described = {"callSid": f"CA{number:032}", "streamSid": f"MZ{number:032}"}
        described_parameters = {"token": issue(SECRET, confirmation.id, attempt_id)}
        start = {"event": "start", "start": {**described, "customParameters": described_parameters}}
        await socket.send(json.dumps(start))
        await socket.recv()
        if number % 2:
            await socket.send(json.dumps({"event": "stop", "stop": {}}))
            await socket.wait_closed()
        else:
            socket.transport.abort()
