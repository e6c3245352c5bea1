"""Server-sent events: their framing, a limit on open streams, and the end of a stream when its client or this process goes."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager

import msgspec
from prometheus_client import CollectorRegistry, Gauge
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.webhook.http.concurrency_limit import ConcurrencyLimit
from services.webhook.http.problems import ProblemKind
from shared.core.errors import NotFoundError
from shared.store import StoredEvent, set_time_budget

PING = b": still here\n\n"
_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",  # nginx would hold events back
}

_PREAMBLE = b"retry: 1000\n\n"  # milliseconds until a client that lost the connection opens it again
_END_LIMIT_S = 1.0  # for the last bytes to a client that may not be reading


def frame(event: StoredEvent) -> bytes:
    """Return the bytes of one event; its `id` is the place behind which a client that lost the connection goes on."""
    data = msgspec.json.encode(event.envelope)  # without a line break
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (event.place.encode(), event.type.value.encode(), data)


class StreamSlots:
    """The event streams that this process may have open: each takes a connection for as long as its client stays."""

    def __init__(self, limit: int, registry: CollectorRegistry, *, per_shop: int, per_key: int) -> None:
        full = ProblemKind.TOO_MANY_STREAMS
        self._places = ConcurrencyLimit("event streams", full=full, in_all=limit, per_owner=per_shop, per_key=per_key)
        self._open: set[asyncio.Future[None]] = set()
        Gauge("event_streams", "Event streams that are open.", registry=registry).set_function(lambda: len(self._open))

    @contextmanager
    def slot(self, owner: str, key_name: str) -> Iterator[asyncio.Future[None]]:
        """Take a slot; the future is done when the stream must end.

        Raises:
            ProblemError: All slots are taken, or those of the shop or the key.
        """
        with self._places.place(owner, key_name):
            ended = asyncio.get_running_loop().create_future()
            self._open.add(ended)
            try:
                yield ended
            finally:
                self._open.discard(ended)
                ended.cancel()

    def end_all(self) -> None:
        """End all streams, because the process drains; their clients connect again to another one."""
        for ended in self._open:
            if not ended.done():
                ended.set_result(None)


class EventStream(Response):
    """A response without a known end. `chunks()` is iterated in a task of its own, which is cancelled when the client goes."""

    def __init__(self, slots: StreamSlots, chunks: Callable[[], AsyncGenerator[bytes]]) -> None:
        super().__init__(None, headers=_HEADERS)
        del self.headers["content-length"]
        self._slots = slots
        self._chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the chunks end, the client goes or the process drains.

        Raises:
            ProblemError: Too many streams are open.
        """
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        end = {"type": "http.response.body", "body": b""}
        if scope["method"] == "HEAD":
            await send(start)
            await send(end)
            return
        caller = scope["state"]["caller"]
        with self._slots.slot(caller.owner, caller.key_name) as ended:
            await send(start)
            if await self._client_stays(receive, send, ended):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_END_LIMIT_S):
                        await send(end)

    async def _client_stays(self, receive: Receive, send: Send, ended: asyncio.Future[None]) -> bool:
        """Send chunks until they end or the stream must end; False if the client went before."""
        async with asyncio.TaskGroup() as group:
            pump = group.create_task(self._pump(send))
            disconnected = group.create_task(_disconnect(receive))
            await asyncio.wait((pump, disconnected, ended), return_when=asyncio.FIRST_COMPLETED)
            is_gone = disconnected.done()
            pump.cancel()
            disconnected.cancel()
        return not is_gone

    async def _pump(self, send: Send) -> None:
        set_time_budget(None)
        await send({"type": "http.response.body", "body": _PREAMBLE, "more_body": True})
        with contextlib.suppress(NotFoundError):  # erased meanwhile: the stream ends
            async with aclosing(self._chunks()) as chunks:
                async for chunk in chunks:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _disconnect(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
