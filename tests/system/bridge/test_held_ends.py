"""A call whose end is stored before its conversation's: the bridge hears of it at once, and what it writes late still counts."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
import websockets
from redis import Redis as SyncRedis

from shared.core.confirmation import Confirmation
from shared.core.lifecycle.facts import AttemptBegun, CallEnded, ConversationLost
from shared.core.outcome import AttemptResult, Outcome
from shared.store import Store
from shared.twilio.stream_token import issue
from tests.support.bridge.process import SECRET, BridgeProcess, open_store, running_bridge
from tests.support.orders import an_order, with_phone
from tests.support.simulators.openai import SimulatorProcess
from tests.support.simulators.twilio import SHOP
from tests.support.valkey import ValkeyServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]

CALL, STREAM = "CA" + "1" * 32, "MZ" + "2" * 32
NUMBERS = count(1)


@pytest.fixture(scope="module")
def bridge(valkey_server: ValkeyServer, openai: SimulatorProcess, folder: Path) -> Iterator[BridgeProcess]:
    valkey_server.flush()
    openai.reset()
    with running_bridge(folder, redis_url=valkey_server.url, openai_url=openai.url, REQUIRE_STREAM_SIGNATURE="off") as process:
        yield process


@pytest.fixture
async def store(valkey_server: ValkeyServer) -> AsyncIterator[Store]:
    async with open_store(valkey_server.url) as opened:
        yield opened


async def a_call(store: Store, socket: websockets.ClientConnection) -> tuple[str, str]:
    """Begin a call whose stream is open; return the ids of its confirmation and its attempt."""
    number = next(NUMBERS)
    order, attempt_id = with_phone(an_order(number, at=await store.now()), f"+3834430{number:04}"), f"att_{number:026}"
    await store.confirmations.submit(order)
    await store.confirmations.apply(order.id, lambda at: AttemptBegun(at, attempt_id, SHOP))
    described = {"callSid": CALL, "streamSid": STREAM, "customParameters": {"token": issue(SECRET, order.id, attempt_id)}}
    await socket.send(json.dumps({"event": "start", "start": described, "streamSid": STREAM}))
    await socket.recv()
    return order.id, attempt_id


async def ended(store: Store, confirmation_id: str) -> Confirmation:
    async with asyncio.timeout(10):
        while (found := await store.confirmations.get(confirmation_id)).open_attempt is not None:
            await asyncio.sleep(0.02)
    return found


async def test_the_bridge_leaves_a_dead_line_without_waiting_for_the_reconciler(bridge: BridgeProcess, store: Store) -> None:
    async with websockets.connect(bridge.stream_url, max_queue=None) as socket:
        confirmation_id, attempt_id = await a_call(store, socket)
        step = await store.confirmations.apply(confirmation_id, lambda at: CallEnded(at, attempt_id, None, CALL, 5))
        assert step.confirmation.open_attempt is not None, "held: nobody else ends it in this test"
        (attempt,) = (await ended(store, confirmation_id)).attempts
    assert (attempt.result, attempt.reason) == (AttemptResult.UNDECIDED, "call_ended")


async def until_disclosed(store: Store, socket: websockets.ClientConnection, confirmation_id: str) -> None:
    """Listen until the disclosure was heard: a key before it decides nothing."""
    async with asyncio.timeout(20):
        while (await store.confirmations.get(confirmation_id)).attempts[0].disclosure_played_at is None:
            frame = json.loads(await socket.recv())
            if frame["event"] == "mark":
                await socket.send(json.dumps(frame))


async def press(socket: websockets.ClientConnection, digit: str) -> None:
    await socket.send(json.dumps({"event": "dtmf", "streamSid": STREAM, "dtmf": {"track": "inbound_track", "digit": digit}}))


@contextmanager
def refused_writes(server: ValkeyServer) -> Iterator[None]:
    """Let the bridge write nothing meanwhile, as if Redis were away for it alone."""
    with SyncRedis.from_url(server.url) as operator:
        operator.execute_command("ACL", "SETUSER", "bridge", "-evalsha", "-eval")
        try:
            yield
        finally:
            operator.execute_command("ACL", "SETUSER", "bridge", "+evalsha", "+eval")


async def test_a_key_that_is_still_in_the_stream_when_the_call_ends_counts(bridge: BridgeProcess, store: Store) -> None:
    async with websockets.connect(bridge.stream_url, max_queue=None) as socket:
        confirmation_id, attempt_id = await a_call(store, socket)
        await until_disclosed(store, socket, confirmation_id)
        await store.confirmations.apply(confirmation_id, lambda at: CallEnded(at, attempt_id, None, CALL, 5))
        await press(socket, "1")
        confirmation = await ended(store, confirmation_id)
    assert confirmation.outcome is Outcome.CONFIRMED


async def test_a_decision_that_waits_for_redis_longer_than_the_end_is_held_still_counts(
    bridge: BridgeProcess, store: Store, valkey_server: ValkeyServer
) -> None:
    async with websockets.connect(bridge.stream_url, max_queue=None) as socket:
        confirmation_id, attempt_id = await a_call(store, socket)
        await until_disclosed(store, socket, confirmation_id)
        with refused_writes(valkey_server):
            await press(socket, "1")
            await socket.send(json.dumps({"event": "stop", "streamSid": STREAM, "stop": {}}))
            await store.confirmations.apply(confirmation_id, lambda at: CallEnded(at, attempt_id, None, CALL, 5))
            lost = await store.confirmations.apply(confirmation_id, lambda at: ConversationLost(at, attempt_id))
            assert (lost.confirmation.last_result, lost.confirmation.outcome) == (AttemptResult.UNDECIDED, None)
            assert lost.wakes.dial_at is not None, "the customer would be called again"
    async with asyncio.timeout(10):
        while (found := await store.confirmations.get(confirmation_id)).outcome is None:
            await asyncio.sleep(0.05)
    assert (found.outcome, found.last_result) == (Outcome.CONFIRMED, AttemptResult.CONFIRMED)
    assert found.next_attempt_at is None
    async with asyncio.timeout(10):
        while '"verdict_came_late"' not in bridge.log.read_text():  # the bridge logs it after the record has it
            await asyncio.sleep(0.05)
