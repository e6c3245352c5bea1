"""Server-sent events: framing, so many at once, and an end when the client or this process goes."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager

import msgspec
from prometheus_client import CollectorRegistry, Gauge
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.webhook.http.problems import ProblemError, ProblemKind
from shared.core.errors import NotFoundError
from shared.store import StoredEvent, set_time_budget

PING = b": still here\n\n"
_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",  # nginx would hold events back
}

_HELLO = b"retry: 1000\n\n"  # ms until a client that lost us comes back
_GOODBYE_S = 1.0  # for the end of an answer whose client does not read
_RETRY_AFTER_S = "5"


def frame(event: StoredEvent) -> bytes:
    """Return one event; `id` is its place, from which a reader that lost its connection goes on."""
    data = msgspec.json.encode(event.envelope)  # without a line break
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (event.place.encode(), event.type.value.encode(), data)


class StreamPlaces:
    """The places for event streams in this process: each costs a connection for as long as its client likes."""

    def __init__(self, most: int, registry: CollectorRegistry) -> None:
        self._most = most
        self._taken: set[asyncio.Future[None]] = set()
        Gauge("event_streams", "Event streams that are open.", registry=registry).set_function(lambda: len(self._taken))

    @contextmanager
    def place(self) -> Iterator[asyncio.Future[None]]:
        """Take a place; the future is done when the stream must end.

        Raises:
            ProblemError: All are taken.
        """
        if len(self._taken) >= self._most:
            detail = f"{self._most} event streams are open in this process; try again, or read the outcomes in Redis."
            raise ProblemError(ProblemKind.TOO_MANY_STREAMS, detail, headers={"retry-after": _RETRY_AFTER_S})
        ended = asyncio.get_running_loop().create_future()
        self._taken.add(ended)
        try:
            yield ended
        finally:
            self._taken.discard(ended)
            ended.cancel()

    def end_all(self) -> None:
        """End all streams at once: the process drains, and their clients go on elsewhere."""
        for ended in self._taken:
            if not ended.done():
                ended.set_result(None)


class EventStream(Response):
    """An answer without a known end. `chunks()` is iterated in a task of its own, which ends when the client goes."""

    def __init__(self, places: StreamPlaces, chunks: Callable[[], AsyncGenerator[bytes]]) -> None:
        super().__init__(None, headers=_HEADERS)
        del self.headers["content-length"]
        self._places = places
        self._chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until there is nothing more to send or nobody to send it to.

        Raises:
            ProblemError: Too many streams are open.
        """
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        end = {"type": "http.response.body", "body": b""}
        if scope["method"] == "HEAD":
            await send(start)
            await send(end)
            return
        with self._places.place() as ended:
            await send(start)
            if await self._is_still_heard(receive, send, ended):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_GOODBYE_S):
                        await send(end)

    async def _is_still_heard(self, receive: Receive, send: Send, ended: asyncio.Future[None]) -> bool:
        """Send all chunks, or as many as there is time for; False where the client went before."""
        async with asyncio.TaskGroup() as group:
            pump = group.create_task(self._pump(send))
            gone = group.create_task(_until_gone(receive))
            await asyncio.wait((pump, gone, ended), return_when=asyncio.FIRST_COMPLETED)
            is_gone = gone.done()
            pump.cancel()
            gone.cancel()
        return not is_gone

    async def _pump(self, send: Send) -> None:
        set_time_budget(None)
        await send({"type": "http.response.body", "body": _HELLO, "more_body": True})
        with contextlib.suppress(NotFoundError):  # erased meanwhile: nothing is left to tell
            async with aclosing(self._chunks()) as chunks:
                async for chunk in chunks:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
