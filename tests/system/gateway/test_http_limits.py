"""uvicorn as we run it gives up slow and large requests by itself, and keeps idle connections longer than the gateway does."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from shared.runtime import http_limits
from shared.runtime.http_limits import KEEP_ALIVE_S, MOST_HEAD_BYTES, MOST_UNFINISHED_HEADS
from shared.runtime.uvicorn_server import server_config
from shared.settings.parsers import Bind
from tests.system.gateway.test_caddyfile import CADDYFILE, gateway
from tools.ports import free_port

pytestmark = pytest.mark.system
LIMIT_S = 0.3


async def read(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


async def refuse(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("no", 403)


@contextlib.asynccontextmanager
async def serving(keep_alive_s: float = KEEP_ALIVE_S) -> AsyncIterator[int]:
    port = free_port()
    app = Starlette(routes=[Route("/read", read, methods=["GET", "POST"]), Route("/refuse", refuse, methods=["POST"])])
    config = server_config(app, Bind("127.0.0.1", port))
    config.timeout_keep_alive = keep_alive_s  # type: ignore[assignment]  # shorter than a second, for the test
    config.timeout_graceful_shutdown = 1
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())  # owned: by this block, ended at its exit
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield port
    finally:
        server.should_exit = True
        await serving


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_limits, "HEAD_LIMIT_S", LIMIT_S)
    monkeypatch.setattr(http_limits, "MESSAGE_LIMIT_S", LIMIT_S)


async def answer(port: int, *parts: bytes, every_s: float = 0.0) -> bytes:
    """All that comes until the server closes the connection, while the parts are sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def send() -> None:
        with contextlib.suppress(OSError):
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(every_s)

    sending = asyncio.create_task(send())  # owned: by this function, cancelled at its end
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    except ConnectionResetError:
        return b"reset"
    finally:
        sending.cancel()
        writer.close()


@pytest.mark.usefixtures("hasty")
async def test_a_slow_head_ends_by_our_own_limit() -> None:
    async with serving() as port:
        assert b" 408 " in await answer(port, b"GET /read HTTP/1.1\r\nHost: x\r\nX: ", *[b"x"] * 1000, every_s=0.05)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(("path", "status"), [(b"/read", b" 408 "), (b"/refuse", b" 403 ")])
async def test_a_slow_body_ends_by_our_own_limit_whether_it_is_read_or_not(path: bytes, status: bytes) -> None:
    head = b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n"
    async with serving() as port:
        assert status in await answer(port, head, *[b"x"] * 1000, every_s=0.05)


@pytest.mark.usefixtures("hasty")
async def test_the_second_request_of_a_connection_has_the_same_limit() -> None:
    async with serving() as port:
        got = await answer(port, b"GET /read HTTP/1.1\r\nHost: x\r\n\r\n", *[b"GET", b" ", *[b"/"] * 1000], every_s=0.05)
    assert got.count(b"HTTP/1.1") == 2
    assert b" 200 " in got
    assert b" 408 " in got


async def test_a_head_of_any_size_is_refused() -> None:
    async with serving() as port:
        assert b" 431 " in await answer(port, b"GET /read HTTP/1.1\r\nX: ", *[b"x" * 1024] * (MOST_HEAD_BYTES // 1024 + 2))


async def test_of_many_unfinished_heads_the_oldest_is_given_up() -> None:
    async with serving() as port:
        connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MOST_UNFINISHED_HEADS + 1)]
        for _, writer in connections:
            writer.write(b"GET /read HTTP/1.1\r\n")
            await asyncio.sleep(0.002)
        async with asyncio.timeout(5):
            assert b" 408 " in await connections[0][0].read()
        connections[1][1].write(b"Host: x\r\n\r\n")
        async with asyncio.timeout(5):
            assert b" 200 " in await connections[1][0].readline()
        for _, writer in connections:
            writer.close()


def test_the_gateway_closes_idle_connections_before_we_do() -> None:
    found = re.search(r"keepalive (\d+)s", CADDYFILE.read_text())
    assert found is not None
    assert int(found.group(1)) * 2 <= KEEP_ALIVE_S


async def test_no_post_meets_the_end_of_an_idle_connection(tmp_path: Path) -> None:
    """The same proportions, a hundred times shorter: pauses on both sides of the gateway's limit."""
    caddyfile = tmp_path / "Caddyfile"
    caddyfile.write_text(CADDYFILE.read_text().replace("keepalive 30s", "keepalive 300ms"))
    async with (
        serving(keep_alive_s=0.75) as port,
        gateway(tmp_path, caddyfile, WEBHOOK_PORT=str(port)) as address,
        httpx.AsyncClient(base_url=f"http://{address}") as client,
    ):
        statuses = set()
        for number in range(60):
            statuses.add((await client.post("/read", content=b"x")).status_code)
            await asyncio.sleep(0.25 + 0.1 * (number % 12) / 12 if number % 4 else 0.74 + 0.02 * (number % 3))
    assert statuses == {200}
