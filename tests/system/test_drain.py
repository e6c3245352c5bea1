"""SIGTERM lets live WebSockets end by themselves; a second one, or the time limit, ends them."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

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


@contextlib.asynccontextmanager
async def echo_process(port: int, *, drain_timeout_s: float = 30) -> AsyncIterator[asyncio.subprocess.Process]:
    arguments = ["-m", "tests.system.draining_program", str(port), str(drain_timeout_s)]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT)
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
        await process.wait()


async def test_a_live_call_survives_sigterm_and_the_process_exits_with_0() -> None:
    port = free_port()
    async with echo_process(port) as process:
        async with connect(f"ws://127.0.0.1:{port}/echo") as live:
            process.terminate()
            async with asyncio.timeout(5):
                while await status(port, "/readyz") != 503:
                    await asyncio.sleep(0.02)
            assert await status(port, "/healthz") == 200
            with pytest.raises(InvalidStatus, match="503"):
                await connect(f"ws://127.0.0.1:{port}/echo")
            for number in range(20):
                await live.send(str(number))
                assert await live.recv() == str(number)
                await asyncio.sleep(0.02)
        async with asyncio.timeout(15):
            assert await process.wait() == 0


async def test_a_second_sigterm_ends_it_at_once() -> None:
    port = free_port()
    async with echo_process(port) as process, connect(f"ws://127.0.0.1:{port}/echo") as live:
        process.terminate()
        async with asyncio.timeout(5):
            while await status(port, "/readyz") != 503:  # two signals that wait together are one
                await asyncio.sleep(0.02)
        began = time.monotonic()
        process.terminate()
        with pytest.raises(ConnectionClosed):
            await live.recv()
        assert await process.wait() == 0
        assert time.monotonic() - began < 3


async def test_the_time_limit_ends_it() -> None:
    port = free_port()
    async with echo_process(port, drain_timeout_s=0.3) as process, connect(f"ws://127.0.0.1:{port}/echo") as live:
        process.terminate()
        with pytest.raises(ConnectionClosed):
            await live.recv()
        async with asyncio.timeout(10):
            assert await process.wait() == 0


async def test_a_process_without_a_web_part_serves_health_beside_its_work() -> None:
    port = free_port()
    async with serving_health(Health(make_registry("dialer_worker")), Bind("127.0.0.1", port)):
        assert await status(port, "/readyz") == 200
        assert await status(port, "/metrics") == 200

    with pytest.raises(httpx.ConnectError):
        await status(port, "/healthz")
