"""Who attacks, and how: sends requests, counts their answers, and keeps a rate or a number of connections."""

import asyncio
import contextlib
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from tests.attack.rig import Target
from tools.plain_http import PLAIN

GIVE_UP_S = 5.0


@dataclass(slots=True)
class Attacker:
    """Who attacks: where, and what was answered so far."""

    rig: Target
    answers: Counter[str] = field(default_factory=Counter)

    async def raw(self, request: bytes, *, to: str | None = None) -> None:
        """Send bytes on a connection of their own, and count the first line of the answer."""
        try:
            async with asyncio.timeout(GIVE_UP_S), connection(to or self.rig.gateway) as (reader, writer):
                writer.write(request)
                line = await reader.readline()
                self.answers[line.decode("latin-1").split(" ")[1] if line.startswith(b"HTTP/") else "closed"] += 1
        except TimeoutError:
            self.answers["no answer"] += 1
        except OSError as error:
            self.answers[type(error).__name__] += 1

    async def send(self, client: httpx.AsyncClient, method: str, path: str, **what: object) -> None:
        """Send a request and count the answer."""
        try:
            answer = await client.request(method, path, **what)  # type: ignore[arg-type]  # httpx's own keywords
            self.answers["ok" if answer.is_success else str(answer.status_code)] += 1
        except httpx.HTTPError as error:
            self.answers[type(error).__name__] += 1

    def client(self, *, key: str | None = None, timeout: float = GIVE_UP_S) -> httpx.AsyncClient:
        """Return a client of the gateway, with a shop's key or without."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.AsyncClient(base_url=self.rig.api_url, headers=headers, timeout=timeout, verify=PLAIN)


@contextlib.asynccontextmanager
async def connection(address: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def each(every_s: float, act: Callable[[int], Awaitable[None]], *, at_once: int = 50) -> None:
    """Act again and again, `every_s` apart, whether the earlier acts are done or not; at most `at_once` at the same time."""
    places = asyncio.Semaphore(at_once)

    async def one(number: int) -> None:
        try:
            await act(number)
        finally:
            places.release()

    async with asyncio.TaskGroup() as group:
        for number in itertools.count():
            await places.acquire()
            group.create_task(one(number))
            await asyncio.sleep(every_s)


async def keep_open(count: int, hold: Callable[[], Awaitable[None]]) -> None:
    """Keep that many things going at the same time; one that ends begins again after a second."""

    async def again() -> None:
        while True:
            with contextlib.suppress(OSError, TimeoutError):
                await hold()
            await asyncio.sleep(1)

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(again())
            await asyncio.sleep(0.005)
