"""A client of the event streams, and the webhook service on a real server in this process to connect it to."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace

import httpx
import uvicorn

from shared.runtime.uvicorn_server import server_config
from shared.settings.parsers import Bind
from tests.support.webhook.service import KEY, Service
from tools.ports import free_port


@dataclass(frozen=True, slots=True)
class Seen:
    """One event as a client reads it; `data` is the envelope."""

    id: str
    type: str
    data: dict[str, object]


@asynccontextmanager
async def served(service: Service) -> AsyncIterator[Service]:
    """Serve over a real socket, with the subscription to Redis; the service's client then uses that socket."""
    bind = Bind("127.0.0.1", free_port())
    server = uvicorn.Server(server_config(service.app, bind))
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve())
        signals = group.create_task(service.store.notifications.run())
        while not server.started:
            await asyncio.sleep(0.01)
        headers = {"authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(base_url=f"http://{bind.host}:{bind.port}", headers=headers, timeout=10) as client:
            yield replace(service, client=client)
        service.health.start_draining()
        service.health.tell_draining()
        server.should_exit = True
        await serving
        signals.cancel()


@asynccontextmanager
async def reading(client: httpx.AsyncClient, path: str, **headers: str) -> AsyncIterator[AsyncIterator[Seen]]:
    """Open a stream and yield its events; they end when the stream ends."""
    async with client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        async with aclosing(_events(answer)) as events:
            yield events


async def _events(answer: httpx.Response) -> AsyncGenerator[Seen]:
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
        elif "data" in fields:
            yield Seen(fields["id"], fields["event"], json.loads(fields["data"]))
            fields = {}


async def some(events: AsyncIterator[Seen], count: int) -> list[Seen]:
    """Return the next `count` events."""
    return [await anext(events) for _ in range(count)]
