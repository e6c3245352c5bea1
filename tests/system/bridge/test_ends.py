"""How a bridge of several processes ends while people are on the line: politely, in haste, and with its parent killed."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from shared.core.outcome import Channel, VerdictKind
from shared.store import Store
from tests.support.bridge.process import BridgeProcess, Phone, PlacedCall, open_store, running_bridge
from tests.support.simulators.openai import SimulatorProcess
from tests.support.simulators.twilio import FarEnd, TwilioSimulator, eventually
from tests.support.valkey import ValkeyServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(90)]

CALLS = 4
CONFIRMS_SLOWLY = ({"wait_agent_speaking": 2500}, {"pause": 1.5}, {"press": "1"}, "stay")
STAYS = ("stay",)
_FULL_AFTER_S = 3.0  # a pipe holds two seconds of a recording


@pytest.fixture
def bridge(folder: Path, valkey_server: ValkeyServer, openai: SimulatorProcess) -> Iterator[BridgeProcess]:
    with running_bridge(folder, redis_url=valkey_server.url, openai_url=openai.url, MEDIA_BRIDGE_PROCESSES="2") as running:
        yield running


def children(bridge: BridgeProcess) -> list[int]:
    pid = bridge.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def on_the_line(phone: Phone, *steps: object) -> list[PlacedCall]:
    """Several calls whose greeting is heard."""
    calls = [await phone.call(*steps) for _ in range(CALLS)]
    for call in calls:
        await eventually(partial(_has_heard, phone.twilio, call.sid))
    return calls


def _has_heard(twilio: TwilioSimulator, sid: str) -> bool:
    return bool(twilio.ledger(sid)["heard"])


async def assert_all_confirmed(calls: list[PlacedCall]) -> None:
    for call in calls:
        ledger = await call.ended(limit_s=30)
        assert ledger["streams"][0]["closed_by"] == "server"
        verdict = (await call.record()).attempts[0].verdict
        assert verdict is not None
        assert (verdict.kind, verdict.channel) == (VerdictKind.CONFIRMED, Channel.KEYPAD)
        assert await call.words()


async def terminate_twice(bridge: BridgeProcess, *, processes: int) -> None:
    """Tell the bridge to end, and tell it again once all of it has heard: two signals that wait together are one."""
    bridge.process.terminate()
    told = processes + (processes > 1)  # the parent of several has an entry of its own
    await eventually(lambda: bridge.log.read_text().count('"drain_started"') == told)
    bridge.process.terminate()


async def is_ended(pids: list[int]) -> bool:
    for _ in range(200):
        if not any(_lives(pid) for pid in pids):
            return True
        await asyncio.sleep(0.05)
    return False


def is_free(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) != 0


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def a_phone(twilio: TwilioSimulator, openai: SimulatorProcess, bridge: BridgeProcess, end: FarEnd, store: Store) -> Phone:
    return Phone(twilio, openai, bridge, end, store)


async def test_sigterm_lets_the_calls_of_all_processes_end(
    valkey_server: ValkeyServer, openai: SimulatorProcess, twilio: TwilioSimulator, bridge: BridgeProcess, end: FarEnd
) -> None:
    async with open_store(valkey_server.url) as store:
        calls = await on_the_line(a_phone(twilio, openai, bridge, end, store), *CONFIRMS_SLOWLY)
        bridge.process.terminate()
        await assert_all_confirmed(calls)
        assert await asyncio.to_thread(bridge.process.wait, 10) == 0


async def test_a_second_sigterm_breaks_the_calls_off_and_loses_no_word(
    valkey_server: ValkeyServer, openai: SimulatorProcess, twilio: TwilioSimulator, bridge: BridgeProcess, end: FarEnd
) -> None:
    async with open_store(valkey_server.url) as store:
        calls = await on_the_line(a_phone(twilio, openai, bridge, end, store), *STAYS)
        await terminate_twice(bridge, processes=2)
        assert await asyncio.to_thread(bridge.process.wait, 15) == 0
        for call in calls:
            assert (await call.ended(limit_s=10))["streams"][0]["closed_by"] == "server"
            assert await call.words()
    assert "writes_lost" not in bridge.log.read_text()


@pytest.mark.parametrize("has_reader", [False, True], ids=["opening", "writing"])
@pytest.mark.parametrize("processes", ["1", "2"])
async def test_a_disk_that_hangs_holds_nobody_up_who_is_told_twice_to_end(
    tmp_path: Path,
    valkey_server: ValkeyServer,
    openai: SimulatorProcess,
    twilio: TwilioSimulator,
    end: FarEnd,
    processes: str,
    *,
    has_reader: bool,
) -> None:
    more = {"MEDIA_BRIDGE_PROCESSES": processes, "RECORD_CALLS": str(tmp_path)}
    with running_bridge(tmp_path, redis_url=valkey_server.url, openai_url=openai.url, **more) as bridge:
        async with open_store(valkey_server.url) as store:
            phone = a_phone(twilio, openai, bridge, end, store)
            pipe = tmp_path / f"cnf_{phone.count + 1:026}-1.wav"
            os.mkfifo(pipe)  # who opens it is held until there is a reader, who writes once it is full
            reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK) if has_reader else None
            call = await phone.call(*STAYS)
            await eventually(partial(_has_heard, twilio, call.sid))
            if reader is not None:
                await asyncio.sleep(_FULL_AFTER_S)
            await terminate_twice(bridge, processes=int(processes))
            assert await asyncio.to_thread(bridge.process.wait, 9) == 0
            assert (await call.ended(limit_s=10))["streams"][0]["closed_by"] == "server"
            assert await call.words()
        if reader is not None:
            os.close(reader)
    assert "writes_lost" in bridge.log.read_text()


async def test_a_killed_parent_leaves_calls_that_go_on_and_a_port_that_is_free(
    folder: Path,
    valkey_server: ValkeyServer,
    openai: SimulatorProcess,
    twilio: TwilioSimulator,
    bridge: BridgeProcess,
    end: FarEnd,
) -> None:
    async with open_store(valkey_server.url) as store:
        phone = a_phone(twilio, openai, bridge, end, store)
        calls = await on_the_line(phone, *CONFIRMS_SLOWLY)
        orphans = children(bridge)
        os.kill(bridge.process.pid, signal.SIGKILL)
        await asyncio.to_thread(bridge.process.wait, 10)
        await eventually(lambda: is_free(bridge.port))
        with running_bridge(
            folder,
            redis_url=valkey_server.url,
            openai_url=openai.url,
            MEDIA_BRIDGE_PROCESSES="2",
            MEDIA_BRIDGE_BIND=f"127.0.0.1:{bridge.port}",
        ) as successor:
            later = Phone(twilio, openai, successor, end, store, count=phone.count)
            await assert_all_confirmed([*calls, await later.call(*CONFIRMS_SLOWLY)])
        assert await is_ended(orphans)
