"""uvicorn's HTTP protocol with the limits that it lacks: for slow and for large requests, and for connections of one address.

uvicorn 0.54 waits without end for the rest of a head or a body, and takes a head of any size.
"""

import asyncio
from asyncio.events import TimerHandle
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from shared.runtime.client_address import counted_as, is_gateway

KEEP_ALIVE_S = 75  # longer than the gateway keeps an idle connection (deploy/Caddyfile): a request must not meet our end
HEAD_LIMIT_S = 10.0
MESSAGE_LIMIT_S = 20.0  # of a whole request; what reads a body answers sooner
MOST_HEAD_BYTES = 32 * 1024  # the gateway's limit, and what it adds
MOST_UNFINISHED_HEADS = 64  # of one address
MOST_CONNECTIONS = 128  # of one address other than the gateway's
_LINGER_S = 1.0

_STATUS = {408: b"Request Timeout", 429: b"Too Many Requests", 431: b"Request Header Fields Too Large"}


class Connections:
    """Counts the connections of one server by address, and knows which of them have sent a part of a head only."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._unfinished: dict[str, dict[object, Callable[[], None]]] = {}

    def enter(self, address: str) -> bool:
        """Count a connection; returns whether there is room for it. It is counted in any case: call `leave`."""
        self._open[address] += 1
        return self._open[address] <= MOST_CONNECTIONS or is_gateway(address)

    def leave(self, address: str) -> None:
        """Forget a connection."""
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]

    def begin_head(self, address: str, connection: object, give_up: Callable[[], None]) -> None:
        """Note that a head began. If the address has too many of them, the oldest one is given up."""
        heads = self._unfinished.setdefault(address, {})
        heads[connection] = give_up
        if len(heads) > MOST_UNFINISHED_HEADS:
            next(iter(heads.values()))()

    def end_head(self, address: str, connection: object) -> None:
        """Note that a head is whole, or gone."""
        heads = self._unfinished.get(address, {})
        heads.pop(connection, None)
        if not heads:
            self._unfinished.pop(address, None)


class LimitedHttpProtocol(HttpToolsProtocol):
    """One connection. A request that is too slow or whose head is too large ends the connection, with an answer if none began."""

    def __init__(self, *arguments: Any, connections: Connections, **named: Any) -> None:  # noqa: ANN401 - Any: uvicorn's own
        super().__init__(*arguments, **named)
        self._connections = connections
        self._address = ""
        self._limit: TimerHandle | None = None
        self._is_given_up = False
        self._head_bytes: int | None = None  # received of the head that is not whole yet; None between two heads

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        """Count the connection."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self._address = counted_as(str(peer[0])) if isinstance(peer, tuple) else ""
        if not self._connections.enter(self._address):
            self._give_up(429)
            return
        # a connection that the gateway opened in advance may wait as long as one that has served a request
        self._limit = self.loop.call_later(KEEP_ALIVE_S, self._give_up, 408)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_limit()
        self._connections.end_head(self._address, self)
        self._connections.leave(self._address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless we have hung up."""
        if self._is_given_up:
            return
        super().data_received(data)
        if self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self._give_up(431)

    def on_message_begin(self) -> None:
        """Limit the time for the head."""
        super().on_message_begin()
        self._head_bytes = 0
        self._restart_limit(HEAD_LIMIT_S)
        self._connections.begin_head(self._address, self, lambda: self._give_up(408))

    def on_headers_complete(self) -> None:
        """Limit the time for the rest."""
        self._head_bytes = None
        self._connections.end_head(self._address, self)
        self._restart_limit(MESSAGE_LIMIT_S)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole; its answer may take as long as it needs."""
        self._stop_limit()
        super().on_message_complete()

    @property
    def _has_begun_answer(self) -> bool:
        """Whether an answer has begun that is not the last request's."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None:
            return False
        is_between = self._head_bytes is not None and cycle.response_complete
        return cycle.response_started and not is_between

    def _restart_limit(self, limit_s: float) -> None:
        self._stop_limit()
        self._limit = self.loop.call_later(limit_s, self._give_up, 408)

    def _stop_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _give_up(self, status: int) -> None:
        self._stop_limit()
        self._connections.end_head(self._address, self)
        if self._has_begun_answer or self._is_given_up or self.transport.is_closing():
            self.transport.close()
        else:
            self._is_given_up = True
            if self.cycle is not None:
                self.cycle.disconnected = True  # who still works on an answer learns that nobody reads it
                self.cycle.message_event.set()
            self.transport.write(b"HTTP/1.1 %d %b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % (status, _STATUS[status]))
            self.transport.write_eof()  # to close with unread bytes would tear the answer up on its way
            self._limit = self.loop.call_later(_LINGER_S, self.transport.abort)


def limited_protocol() -> type[asyncio.Protocol]:
    """Return what `uvicorn.Config` takes as `http`; all connections of its server are counted together."""
    connections = Connections()

    def make(*arguments: Any, **named: Any) -> LimitedHttpProtocol:  # noqa: ANN401 - Any: uvicorn's own
        return LimitedHttpProtocol(*arguments, connections=connections, **named)

    return cast("type[asyncio.Protocol]", make)
