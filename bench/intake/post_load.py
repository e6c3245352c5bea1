"""The process that posts orders as fast as they are accepted: keep-alive connections, each with one request at a time.

It reads one JSON command per line and answers each with one line.
"""

import asyncio
import itertools
import sys
import time
from collections.abc import Sequence

import msgspec
import uvloop

from bench.report.latency import quantiles

_ACCEPTED = {b"202", b"200"}


class Command(msgspec.Struct, kw_only=True):
    """Post to `path` over this many connections for this many seconds; `bulk` is the orders per request, 0 posts single orders."""

    port: int
    path: str
    key: str
    connections: int
    seconds: float
    bulk: int = 0
    most: int = 1 << 60


_numbers = itertools.count(1)


def _order(number: int) -> bytes:
    return (
        b'{"order":{"id":"SHP-%d","total":"59.90","currency":"EUR","items":[{"name":"Kufje me val\xc3\xab","quantity":1}],'
        b'"delivery":{"address":"Rr. Agim Ramadani 12, Prishtin\xc3\xab","date":"2027-11-25"}},"company":"Shopaz",'
        b'"customer":{"phone":"+3834%07d","name":"Arta","language":"sq","timezone":"Europe/Belgrade"},'
        b'"metadata":{"crm_id":"42"}}' % (number, 4_000_000 + number % 999_999)
    )


class _Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, command: Command, taken: list[int], failures: list[bytes]) -> None:
        self._command = command
        self._taken = taken
        self._failures = failures
        self._transport: asyncio.Transport | None = None
        self._sent_ns = 0
        self._buffer = b""
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.until = time.monotonic() + command.seconds

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a TCP connection's
        self._post()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        self._taken.append(time.monotonic_ns() - self._sent_ns)
        if head[9:12] not in _ACCEPTED:
            self._failures.append(head[:12] + b" " + body[:200])
        self._buffer = b""
        if time.monotonic() < self.until and len(self._taken) < self._command.most:
            self._post()
        elif self._transport is not None:
            self._transport.close()

    async def closed(self) -> None:
        """Wait until the connection is closed."""
        await self._ended

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio passes it
        if not self._ended.done():
            self._ended.set_result(None)

    def _post(self) -> None:
        command = self._command
        orders = [_order(next(_numbers)) for _ in range(command.bulk or 1)]
        body = b'{"items":[' + b",".join(orders) + b"]}" if command.bulk else orders[0]
        head = (
            f"POST {command.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {command.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._sent_ns = time.monotonic_ns()
        if self._transport is not None:
            self._transport.write(head.encode() + body)


async def _obey(command: Command) -> dict[str, object]:
    taken: list[int] = []
    failures: list[bytes] = []
    loop = asyncio.get_running_loop()
    began = time.monotonic()
    clients: list[_Client] = []
    for _ in range(command.connections):
        _, client = await loop.create_connection(lambda: _Client(command, taken, failures), "127.0.0.1", command.port)
        clients.append(client)
    async with asyncio.TaskGroup() as waits:
        for client in clients:
            waits.create_task(client.closed())
    took = time.monotonic() - began
    per_s = len(taken) * (command.bulk or 1) / took
    told = failures[0].decode(errors="replace") if failures else ""
    return quantiles(taken) | {"per_s": per_s, "failures": len(failures), "failure": told}


async def _serve() -> None:
    lines = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        answer = await _obey(msgspec.json.decode(line, type=Command))
        sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
        sys.stdout.flush()


def main(_arguments: Sequence[str]) -> None:
    """Carry out commands."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve())


if __name__ == "__main__":
    main(sys.argv[1:])
