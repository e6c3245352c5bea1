"""OpenAI refuses us for good: calls go to the keypad at once, all bridges know it, and the voice is back after one probe."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from shared.core.outcome import Channel, VerdictKind
from tests.support.bridge.process import BridgeProcess, Phone, open_store, running_bridge
from tests.support.simulators.openai import running_simulator
from tests.support.simulators.twilio import FarEnd, TwilioSimulator
from tests.support.valkey import running_valkey

pytestmark = [pytest.mark.system, pytest.mark.timeout(150)]


async def until(claim: Callable[[], Awaitable[bool]], *, limit_s: float = 15) -> None:
    async with asyncio.timeout(limit_s):
        while not await claim():
            await asyncio.sleep(0.1)


def not_ready_for(bridge: BridgeProcess, reason: str) -> Callable[[], Awaitable[bool]]:
    async def claim() -> bool:
        answer = await asyncio.to_thread(bridge.get, "/readyz")
        return answer.status_code == 503 and answer.json()["reasons"] == {"model": reason}

    return claim


def ready(bridge: BridgeProcess) -> Callable[[], Awaitable[bool]]:
    async def claim() -> bool:
        return (await asyncio.to_thread(bridge.get, "/readyz")).status_code == 200

    return claim


@pytest.mark.parametrize(
    ("faults", "reason", "sessions"),
    [
        ({"failed_responses": [1], "failure_code": "insufficient_quota"}, "insufficient_quota", 1),
        ({"session_error": 1.0, "session_error_code": "account_deactivated"}, "account_deactivated", 1),
        ({"error_at_start": True, "start_error_code": "model_not_found"}, "model_not_found", 0),
        ({"refuse_handshake": 401}, "invalid_api_key", 0),
    ],
)
async def test_one_call_tells_all_bridges_and_one_answer_brings_the_voice_back(
    faults: dict[str, object], reason: str, sessions: int, twilio: TwilioSimulator, end: FarEnd, tmp_path: Path
) -> None:
    with running_valkey(tmp_path) as valkey, running_simulator() as openai:
        openai.behave()
        places = {"redis_url": valkey.url, "openai_url": openai.url}
        with running_bridge(tmp_path, **places) as first, running_bridge(tmp_path, **places) as second:
            openai.behave(**faults)
            for session in openai.sessions():
                openai.drop(session["id"])
            async with open_store(valkey.url) as store:
                call = await Phone(twilio, openai, first, end, store).call({"wait_until_agent_done": 2500}, {"press": "1"}, "stay")
                await call.ended()
                verdict = (await call.record()).attempts[0].verdict
                assert verdict is not None
                assert (verdict.kind, verdict.channel) == (VerdictKind.CONFIRMED, Channel.KEYPAD)
                assert len(call.sessions()) == sessions
                words = [text for _, text, _ in await call.words()]
                assert not any("moment" in text for text in words), words  # no second try was announced
                for bridge in (first, second):
                    await until(not_ready_for(bridge, reason))
                    assert bridge.metric("bridge_model_circuit_open") == 1
                opened = len(openai.sessions())
                late = await Phone(twilio, openai, second, end, store).call({"wait_until_agent_done": 2500}, {"press": "2"}, "stay")
                stream = (await late.ended())["streams"][0]
                assert stream["first_audible_ms"] - stream["started_ms"] < 1000
                assert len(openai.sessions()) == opened
                openai.behave()
                await store.client.hset("model_circuit", "probe_at", 1)
                for bridge in (first, second):
                    await until(ready(bridge))
                    assert bridge.metric("bridge_model_circuit_open") == 0
                voice = await Phone(twilio, openai, second, end, store).call({"wait_agent_speaking": 500}, {"press": "1"}, "stay")
                await voice.ended()
                assert len(voice.sessions()) == 1


async def test_while_it_refuses_one_bridge_at_a_time_asks_it(tmp_path: Path) -> None:
    with running_valkey(tmp_path) as valkey, running_simulator() as openai:
        openai.behave()
        places = {"redis_url": valkey.url, "openai_url": openai.url}
        with running_bridge(tmp_path, **places) as first, running_bridge(tmp_path, **places) as second:
            async with open_store(valkey.url) as store:
                await store.dialing.model_circuit.open("insufficient_quota")
                for bridge in (first, second):
                    await until(not_ready_for(bridge, "insufficient_quota"))
                openai.behave(refuse_handshake=503)

                async def attempts() -> float:
                    name = 'bridge_model_connections_total{result="status_503"}'
                    return sum([await asyncio.to_thread(bridge.metric, name) for bridge in (first, second)])

                async def has_been_asked() -> bool:
                    return await attempts() > 0

                await store.client.hset("model_circuit", "probe_at", 1)
                await until(has_been_asked)
                await asyncio.sleep(3)
                assert await attempts() == 1
                state = await store.dialing.model_circuit.state()
                assert state is not None
                assert timedelta(0) < state.probe_at - await store.now() < timedelta(seconds=30)
