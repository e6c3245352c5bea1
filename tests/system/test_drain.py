"""SIGTERM lets requests in hand end and takes no new ones; a second one, or the time limit, ends them."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from shared.runtime.health import Health
from shared.runtime.metrics import make_registry
from shared.runtime.uvicorn_server import serving_health
from shared.settings.parsers import Bind
from tools.ports import free_port

pytestmark = pytest.mark.system
ROOT = Path(__file__).resolve().parents[2]


async def status(port: int, path: str) -> int:
    async with httpx.AsyncClient() as client:
        return (await client.get(f"http://127.0.0.1:{port}{path}")).status_code


async def slow_answer(port: int, seconds: float) -> str | None:
    """Return the answer, None if the server broke the request off."""
    async with httpx.AsyncClient(timeout=30) as client:
        try:
            answer = await client.get(f"http://127.0.0.1:{port}/slow", params={"s": seconds})
        except httpx.TransportError:
            return None
        return answer.text if answer.is_success else None


async def wait_for_line(process: asyncio.subprocess.Process, word: str) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(10):
        while word.encode() not in await process.stdout.readline():
            assert not process.stdout.at_eof()


async def refuses_connections(port: int) -> None:
    async with asyncio.timeout(5):
        while True:
            try:
                await status(port, "/readyz")
            except httpx.TransportError:
                return
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def slow_process(port: int, *, drain_timeout_s: float = 30) -> AsyncIterator[asyncio.subprocess.Process]:
    arguments = ["-m", "tests.system.draining_program", str(port), str(drain_timeout_s)]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(30):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if await status(port, "/readyz") == 200:
                        break
                await asyncio.sleep(0.05)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_a_request_in_hand_survives_sigterm_and_the_process_exits_with_0() -> None:
    port = free_port()
    async with slow_process(port) as process, asyncio.TaskGroup() as group:
        answer = group.create_task(slow_answer(port, 1.5))
        await wait_for_line(process, "request_began")
        process.terminate()
        await wait_for_line(process, "listener_called")
        await refuses_connections(port)
        assert not answer.done()
        assert await answer == "done"
        async with asyncio.timeout(15):
            assert await process.wait() == 0


async def test_a_second_sigterm_ends_it_at_once() -> None:
    port = free_port()
    async with slow_process(port) as process, asyncio.TaskGroup() as group:
        answer = group.create_task(slow_answer(port, 20))
        await wait_for_line(process, "request_began")
        process.terminate()
        await refuses_connections(port)  # two signals that wait together are one
        began = time.monotonic()
        process.terminate()
        assert await answer is None
        assert await process.wait() == 0
        assert time.monotonic() - began < 3


async def test_the_time_limit_ends_it() -> None:
    port = free_port()
    async with slow_process(port, drain_timeout_s=0.3) as process, asyncio.TaskGroup() as group:
        answer = group.create_task(slow_answer(port, 20))
        await wait_for_line(process, "request_began")
        process.terminate()
        assert await answer is None
        async with asyncio.timeout(10):
            assert await process.wait() == 0


async def test_a_process_without_a_web_part_serves_health_beside_its_work() -> None:
    port = free_port()
    async with serving_health(Health(make_registry("dialer_worker")), Bind("127.0.0.1", port)):
        assert await status(port, "/readyz") == 200
        assert await status(port, "/metrics") == 200

    with pytest.raises(httpx.ConnectError):
        await status(port, "/healthz")
