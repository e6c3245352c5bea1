"""A session with the speech model as a check sees it: its events one by one, each with the time at which it came."""

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import Any

import msgspec

from services.media_bridge.websocket import NORMAL, Socket
from shared.core.errors import ConfirmerError
from tools.finding import printable

_MOST_WAITING = 10_000
_CLOSED = "closed"

Json = dict[str, Any]  # Any: the vendor's JSON


def part(event: Json, *path: str) -> Any:  # noqa: ANN401 - Any: the vendor's JSON
    """Return what stands at this path of an event; None if anything on the way is missing, null or something else."""
    found: Any = event  # Any: the vendor's JSON
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


class SessionRefusedError(ConfirmerError):
    """The vendor refused a request or closed the session; `code` is its error code."""

    def __init__(self, code: object) -> None:
        self.code = printable(code)
        super().__init__(self.code)


@dataclass(frozen=True, slots=True)
class Received:
    """An event of the session, and when it came (monotonic seconds)."""

    at_s: float
    event: Json


class SessionProbe:
    """Receives the messages of one connection."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._received: asyncio.Queue[Received] = asyncio.Queue(_MOST_WAITING + 1)

    def on_message(self, message: bytes) -> None:
        """Take one of OpenAI's events from the socket; what is no JSON object, or beyond what a session sends, is left out."""
        try:
            event = msgspec.json.decode(message, type=Json)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        if self._received.qsize() < _MOST_WAITING:
            self._received.put_nowait(Received(monotonic(), event))

    def on_closed(self) -> None:
        """Note that the connection is gone."""
        if not self._received.full():
            self._received.put_nowait(Received(monotonic(), {"type": _CLOSED}))

    def send(self, message: bytes) -> None:
        """Send a request."""
        self._socket.send(message)

    async def close(self) -> None:
        """Close the connection."""
        await self._socket.close(NORMAL, "")

    async def next(self) -> Received:
        """Return the next event.

        Raises:
            SessionRefusedError: It is an error, or the session was closed.
        """
        received = await self._received.get()
        if received.event.get("type") == "error":
            raise SessionRefusedError(part(received.event, "error", "code"))
        if received.event.get("type") == _CLOSED:
            raise SessionRefusedError(_CLOSED)
        return received

    async def until(self, kind: str, *, limit_s: float) -> Received:
        """Return the next event of that type, and pass others over.

        Raises:
            SessionRefusedError: An error came first.
            TimeoutError: It does not come within `limit_s` seconds.
        """
        async with asyncio.timeout(limit_s):
            while (received := await self.next()).event.get("type") != kind:
                pass
            return received
