"""A process that dies is started again, its work is taken up again, and nobody is called twice."""

import asyncio
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from shared.core.outcome import AttemptResult, Status
from tests.support.simulators.twilio import ARTA
from tests.system.dialer_worker.processes import Service, launch
from tests.system.dialer_worker.stage import HANGS_UP, RINGS, SHORT, Stage, eventually
from tools.ports import free_port

pytestmark = pytest.mark.system


def control_process_and_workers(dialer: Service) -> tuple[int, list[int]]:
    control, *workers = dialer.children()
    return control, workers


async def is_placing(stage: Stage) -> None:
    """Wait until a request for a call is on its way."""
    await stage.becomes(lambda order: order.status is Status.CALLING)


def is_running(pid: int) -> bool:
    """Tell whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def exit_code(process: subprocess.Popen[bytes]) -> int:
    """Wait for the process's end; one that does not end would take work from the tests that follow."""
    try:
        return process.wait(10)
    finally:
        process.kill()
        process.wait()


async def readiness_is(dialer: Service, status: int) -> None:
    async def look() -> bool | None:
        return dialer.status("/readyz") == status or None

    await eventually(look)


async def test_sigterm_lets_the_call_in_hand_be_placed_and_exits_with_0(stage: Stage) -> None:
    stage.twilio.script(ARTA, RINGS)
    stage.twilio.faults({"fault": "create_slow", "delay_s": 1.5})
    with stage.dialer() as dialer:
        await stage.submit()
        await is_placing(stage)
        dialer.process.terminate()
        await readiness_is(dialer, 503)
        assert await asyncio.to_thread(dialer.process.wait, 10) == 0
    attempt = (await stage.get()).open_attempt
    assert attempt is not None
    assert [call["sid"] for call in stage.calls()] == [attempt.call_sid]


async def test_a_second_sigterm_ends_it_at_once(stage: Stage) -> None:
    stage.twilio.script(ARTA, RINGS)
    stage.twilio.faults({"fault": "create_slow", "delay_s": 8})
    with stage.dialer() as dialer:
        await stage.submit()
        await is_placing(stage)
        children = dialer.children()
        dialer.process.terminate()
        await readiness_is(dialer, 503)  # two signals that wait together are one
        dialer.process.terminate()
        asked_at = time.monotonic()
        assert await asyncio.to_thread(dialer.process.wait, 10) == 0
        assert time.monotonic() - asked_at < 3
    assert not any(is_running(child) for child in children)


async def test_the_drain_has_a_limit(stage: Stage) -> None:
    stage.twilio.script(ARTA, RINGS)
    stage.twilio.faults({"fault": "create_slow", "delay_s": 8})
    with stage.dialer(DRAIN_TIMEOUT_S="0.5") as dialer:
        await stage.submit()
        await is_placing(stage)
        dialer.process.terminate()
        assert await asyncio.to_thread(dialer.process.wait, 5) == 0


async def test_a_worker_killed_while_it_asks_twilio_calls_nobody_twice(stage: Stage) -> None:
    phone = "+38344123457"  # not that of the tests before, whose requests the simulator may still be answering
    stage.twilio.script(phone, "busy")
    stage.twilio.faults({"fault": "create_silent_accepted", "delay_s": 5}, {"fault": "callback_dropped"})

    def calls() -> list[str]:
        return [call["sid"] for call in stage.calls() if call["to"] == phone]

    async def is_accepted() -> bool | None:
        return bool(await asyncio.to_thread(calls)) or None

    with stage.dialer(DIALER_WORKERS="1", MAX_ATTEMPTS="1", RECONCILE_AFTER_S="3") as dialer:
        await stage.submit(2, phone)
        await eventually(is_accepted)
        _, workers = control_process_and_workers(dialer)
        os.kill(workers[0], signal.SIGKILL)
        found = await stage.becomes(lambda order: order.last_result is not None, number=2, limit_s=40)
        assert found.last_result is AttemptResult.BUSY
        assert dialer.status("/readyz") == 200
        _, again = control_process_and_workers(dialer)
        assert again != workers
    assert calls() == [found.attempts[0].call_sid]


async def test_the_control_process_is_started_again_and_goes_on_ticking(stage: Stage) -> None:
    stage.twilio.script(ARTA, HANGS_UP)
    with stage.dialer() as dialer:
        control, _ = control_process_and_workers(dialer)
        os.kill(control, signal.SIGKILL)
        await stage.submit()
        await stage.becomes(lambda order: order.last_result is not None)
        await readiness_is(dialer, 200)


async def test_no_child_outlives_a_killed_parent(stage: Stage) -> None:
    with stage.dialer() as dialer:
        children = dialer.children()
        assert len(children) == 3
        dialer.process.kill()

        async def all_gone() -> bool | None:
            return None if any(is_running(child) for child in children) else True

        await eventually(all_gone)


async def test_redis_away_shows_in_readyz_and_is_waited_for(stage: Stage) -> None:
    stage.twilio.script(ARTA, HANGS_UP)
    with stage.dialer() as dialer:
        assert dialer.status("/readyz") == 200
        await stage.store.client.client_kill_filter(_type="normal", skipme=True)
        await stage.store.client.execute_command("CLIENT", "PAUSE", "4000", "ALL")
        await readiness_is(dialer, 503)
        assert dialer.status("/healthz") == 200
        await asyncio.sleep(3.5)
        await stage.submit()
        await stage.becomes(lambda order: order.last_result is not None)


async def test_an_address_in_use_ends_the_start(stage: Stage, tmp_path: Path) -> None:
    with stage.dialer() as first:
        bind = first.origin.removeprefix("http://")
        second = launch("services.dialer_worker", {**stage.settings, "DIALER_BIND": bind}, tmp_path / "second.log")
        assert await asyncio.to_thread(exit_code, second) == 1


def test_wrong_settings_end_the_start_with_one_line(tmp_path: Path) -> None:
    settings = {**SHORT, "PUBLIC_URL": "calls.shop.example", "DIALER_WORKERS": "0", "TWILIO_FROM_NUMBERS": ""}
    process = launch("services.dialer_worker", {**settings, "DIALER_BIND": f"127.0.0.1:{free_port()}"}, tmp_path / "log")
    assert exit_code(process) == 2
    lines = (tmp_path / "log").read_text().splitlines()
    assert len(lines) == 1
    assert all(name in lines[0] for name in ("PUBLIC_URL", "DIALER_WORKERS", "TWILIO_FROM_NUMBERS"))
