"""Several processes on one port: spread, figures, readiness and ends as of one program."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from shared.core.lifecycle.facts import AttemptBegun
from shared.store import Store
from shared.twilio.stream_token import issue
from tests.support.bridge.process import SECRET, BridgeProcess, environment, open_store, running_bridge
from tests.support.orders import an_order, with_phone
from tests.support.simulators.openai import SimulatorProcess
from tests.support.simulators.twilio import SHOP
from tests.support.valkey import ValkeyServer
from tools.ports import free_port

STREAMS = 40
ACCEPTED = 'bridge_handshakes_total{answer="accepted"}'


@pytest.fixture(scope="module")
def bridge(folder: Path, valkey_server: ValkeyServer, openai: SimulatorProcess) -> Iterator[BridgeProcess]:
    more = {"MEDIA_BRIDGE_PROCESSES": "2", "MAX_STREAMS": str(STREAMS // 2)}
    with running_bridge(folder, redis_url=valkey_server.url, openai_url=openai.url, **more) as running:
        yield running


def children(bridge: BridgeProcess) -> list[int]:
    """The processes that serve."""
    pid = bridge.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def sockets(pid: int) -> int:
    """How many sockets a process has."""
    links = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.exists()]
    return sum(link.startswith("socket:") for link in links)


async def figures_are(bridge: BridgeProcess, name: str, expected: set[float], *, limit_s: float) -> None:
    """Whoever answers, the figure is the same for all; they tell one another each second."""
    found: set[float] = set()
    until = time.monotonic() + limit_s
    while found != expected:
        assert time.monotonic() < until, found
        await asyncio.sleep(0.1)
        found = {await asyncio.to_thread(bridge.metric, name) for _ in range(8)}


async def test_streams_are_spread_and_counted_together(bridge: BridgeProcess) -> None:
    before = [sockets(pid) for pid in children(bridge)]
    async with AsyncExitStack() as stack:
        for _ in range(STREAMS):
            await stack.enter_async_context(connect(bridge.stream_url, additional_headers=bridge.signed, compression=None))
        more = [sockets(pid) - earlier for pid, earlier in zip(children(bridge), before, strict=True)]
        assert len(more) == 2
        assert min(more) >= STREAMS // 8
        await figures_are(bridge, "bridge_streams_waiting", {STREAMS}, limit_s=3)  # after five, streams without a start are ended
        assert bridge.metric("bridge_streams_active") == 0


async def test_at_the_moment_of_filling_no_call_too_many_is_let_in(bridge: BridgeProcess, valkey_server: ValkeyServer) -> None:
    await figures_are(bridge, "bridge_streams_waiting", {0}, limit_s=10)
    async with open_store(valkey_server.url) as store:
        starts = [await _start_of_an_open_attempt(store, number) for number in range(1, STREAMS * 3 // 2 + 1)]
    answers = await asyncio.gather(*(_call(bridge, start) for start in starts))
    calls = [answer for answer in answers if isinstance(answer, ClientConnection)]
    refused = [answer for answer in answers if isinstance(answer, int)]
    for call in calls:
        await call.close()
    assert len(calls) == STREAMS
    assert set(refused) <= {503, 1011}  # refused at the handshake, or between it and the start: both lead to the keypad


async def _start_of_an_open_attempt(store: Store, number: int) -> str:
    confirmation = with_phone(an_order(number, at=await store.now()), f"+3834420{number:04}")
    attempt_id = f"att_{number:026}"
    await store.confirmations.submit(confirmation)
    await store.confirmations.apply(confirmation.id, lambda at: AttemptBegun(at, attempt_id, SHOP))
    described = {"callSid": f"CA{number:032}", "streamSid": f"MZ{number:032}"}
    described_parameters = {"token": issue(SECRET, confirmation.id, attempt_id)}
    return json.dumps({"event": "start", "start": {**described, "customParameters": described_parameters}})


async def _call(bridge: BridgeProcess, start: str) -> ClientConnection | int:
    """A call that is heard, or the status or close code that refused it."""
    try:
        stream = await connect(
            bridge.stream_url, additional_headers=bridge.signed, compression=None, max_queue=None, open_timeout=20
        )
    except InvalidStatus as refusal:
        return refusal.response.status_code
    try:
        await stream.send(start)
        await stream.recv()
    except ConnectionClosed:
        return stream.close_code or 0
    return stream


async def test_a_process_that_died_is_back_at_once(bridge: BridgeProcess) -> None:
    victim, survivor = children(bridge)
    await asyncio.sleep(2.5)  # it has told the other what it counted by then
    accepted = bridge.metric(ACCEPTED)
    await figures_are(bridge, ACCEPTED, {accepted}, limit_s=5)
    os.kill(victim, signal.SIGKILL)
    async with asyncio.timeout(15):
        while len(children(bridge)) < 2 or victim in children(bridge):
            await asyncio.sleep(0.05)
    assert survivor in children(bridge)
    await figures_are(bridge, ACCEPTED, {accepted}, limit_s=10)  # a sum that fell would be taken for a restart


def test_no_process_of_an_idle_bridge_is_large(bridge: BridgeProcess) -> None:
    for pid in children(bridge):
        status = Path(f"/proc/{pid}/status").read_text()
        resident_kb = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        assert resident_kb < 90 * 1024


def test_an_address_that_is_taken_ends_the_start(valkey_server: ValkeyServer, openai: SimulatorProcess) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        env = environment(port=port, redis_url=valkey_server.url, openai_url=openai.url) | {"MEDIA_BRIDGE_PROCESSES": "2"}
        ended = subprocess.run(
            [sys.executable, "-m", "services.media_bridge"], env=env, capture_output=True, timeout=20, check=False
        )
    assert ended.returncode == 1
    assert b"Address already in use" in ended.stderr + ended.stdout


def test_sigterm_ends_all_with_zero_and_a_killed_parent_takes_all_with_it(
    folder: Path, valkey_server: ValkeyServer, openai: SimulatorProcess
) -> None:
    with running_bridge(folder, redis_url=valkey_server.url, openai_url=openai.url, MEDIA_BRIDGE_PROCESSES="2") as politely:
        politely.process.terminate()
        assert politely.process.wait(10) == 0
    with running_bridge(folder, redis_url=valkey_server.url, openai_url=openai.url, MEDIA_BRIDGE_PROCESSES="2") as rudely:
        orphans = children(rudely)
        rudely.process.kill()
        rudely.process.wait(10)
        for pid in orphans:
            assert _ends(pid)


def _ends(pid: int) -> bool:
    for _ in range(300):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        signal.sigtimedwait([], 0.05)
    return False
