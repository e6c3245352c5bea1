"""A shop's own server: accepts webhooks, verifies them with the official library, and answers as the test says."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks.webhooks import Webhook


@dataclass
class Receiver:
    """Its next answers are `statuses`, then 204. `events` holds those with a valid signature, in order of arrival."""

    origin: str = ""
    secret: str = ""
    statuses: list[int] = field(default_factory=list)
    always: int = 204
    answer_headers: str = ""
    delay_s: float = 0
    ids: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    tasks: set[asyncio.Task[None] | None] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"{self.origin}/hooks/orders"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.add(asyncio.current_task())
        try:
            while request := await _request(reader):
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                await asyncio.sleep(self.delay_s)
                status = self._take(*request)
                self.at_once -= 1
                writer.write(f"HTTP/1.1 {status} X\r\n{self.answer_headers}content-length: 0\r\n\r\n".encode())
                await writer.drain()
        finally:
            writer.close()

    def _take(self, headers: Mapping[str, str], body: bytes) -> int:
        self.headers.append(headers)
        self.ids.append(headers["webhook-id"])
        status = self.statuses.pop(0) if self.statuses else self.always
        event: dict[str, Any] = Webhook(self.secret).verify(body, dict(headers))
        if status < 300:
            self.events.append(event)
        return status


async def _request(reader: asyncio.StreamReader) -> tuple[Mapping[str, str], bytes] | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    lines = head.split("\r\n")[1:-2]
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return headers, await reader.readexactly(int(headers.get("content-length", "0")))


@asynccontextmanager
async def running_receiver() -> AsyncIterator[Receiver]:
    """Run a receiver on a free port of this machine."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    receiver.origin = f"http://{host}:{port}"
    try:
        yield receiver
    finally:
        server.close()
        tasks = [task for task in receiver.tasks if task is not None]
        for task in tasks:
            task.cancel()  # a sender keeps its connections open for reuse
        await asyncio.gather(*tasks, return_exceptions=True)
