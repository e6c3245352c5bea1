"""Server-sent events: framing, a sign of life while nothing happens, and an end when the client or this process goes."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from shared.core.errors import StoreUnavailableError
from shared.store import ToldEvent

PING = b": still here\n\n"
_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",  # nginx would hold events back
}

_HELLO = b"retry: 1000\n\n"  # ms until a client that lost us comes back


def frame(event: ToldEvent) -> bytes:
    """Return one event; `id` is its place, from which a reader that lost its connection goes on."""
    data = json.dumps(event.envelope, ensure_ascii=False, separators=(",", ":"))
    return f"id: {event.place}\nevent: {event.type.value}\ndata: {data}\n\n".encode()


class EventStream(Response):
    """An answer without a known end. `chunks()` is iterated in a task of its own, which ends when the client goes.

    A store that goes away ends the stream: the client connects again and resumes.
    """

    def __init__(self, chunks: Callable[[], AsyncGenerator[bytes]]) -> None:
        super().__init__(None, headers=_HEADERS)
        del self.headers["content-length"]
        self._chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until there is nothing more to send or nobody to send it to."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] == "HEAD" or await self._ended_by_itself(receive, send):
            await send({"type": "http.response.body", "body": b""})

    async def _ended_by_itself(self, receive: Receive, send: Send) -> bool:
        """Send all chunks; False where the client went before."""
        async with asyncio.TaskGroup() as group:
            pump = group.create_task(self._pump(send))
            gone = group.create_task(_until_gone(receive))
            await asyncio.wait((pump, gone), return_when=asyncio.FIRST_COMPLETED)
            is_gone = gone.done()
            pump.cancel()
            gone.cancel()
        return not is_gone

    async def _pump(self, send: Send) -> None:
        try:
            await send({"type": "http.response.body", "body": _HELLO, "more_body": True})
            async with aclosing(self._chunks()) as chunks:
                async for chunk in chunks:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except (OSError, StoreUnavailableError):
            return


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
