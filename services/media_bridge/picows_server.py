"""picows' side of our own port: its protocol for one connection, and the socket that listens.

It is what picows' `ws_create_server` makes, but a guard can stand before the protocol.
"""

from asyncio import AbstractServer, BufferedProtocol, Transport, get_running_loop
from collections.abc import Callable
from logging import getLogger
from typing import Protocol

import aiofastnet
from picows import WSAutoPingStrategy, WSListener, WSUpgradeRequest, WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # picows' own stub leaves it out

from services.media_bridge.picows_websocket import PING_AFTER_S, PONG_WITHIN_S, READ_BUFFER_BYTES
from services.media_bridge.websocket import MAX_STREAM_MESSAGE_BYTES

_HANDSHAKE_LIMIT_S = 5.0


class ServerProtocol(Protocol):
    """What picows' protocol for one connection offers; asyncio calls it a `BufferedProtocol`."""

    def connection_made(self, transport: Transport, /) -> None:
        """Begin."""
        ...

    def connection_lost(self, exc: Exception | None, /) -> None:
        """Note the end."""
        ...

    def get_buffer(self, sizehint: int, /) -> memoryview:
        """Return where the next bytes go."""
        ...

    def buffer_updated(self, nbytes: int, /) -> None:
        """Take the bytes that came."""
        ...

    def eof_received(self) -> bool | None:
        """Note that the peer sends no more."""
        ...

    def pause_writing(self) -> None:
        """Note that the peer does not read."""
        ...

    def resume_writing(self) -> None:
        """Note that it reads again."""
        ...


def server_protocol(answer: Callable[[WSUpgradeRequest], WSListener | WSUpgradeResponseWithListener | None]) -> ServerProtocol:
    """Return picows' protocol for one connection to our server; `answer` is called for its request."""
    protocol: ServerProtocol = WSProtocol(
        None,
        None,
        False,  # noqa: FBT003 - picows takes these by position: we are the server
        answer,
        getLogger("picows.server"),
        True,  # noqa: FBT003 - an exception in a callback ends the connection
        _HANDSHAKE_LIMIT_S,
        False,  # noqa: FBT003 - no pings
        PING_AFTER_S,
        PONG_WITHIN_S,
        WSAutoPingStrategy.PING_WHEN_IDLE,
        False,  # noqa: FBT003 - the listener sends the pongs
        MAX_STREAM_MESSAGE_BYTES,
        None,
        READ_BUFFER_BYTES,
    )
    return protocol


async def listen(make_protocol: Callable[[], BufferedProtocol], host: str, port: int, *, reuse_port: bool) -> AbstractServer:
    """Listen with the transports that picows is fast with."""
    return await aiofastnet.create_server(get_running_loop(), make_protocol, host=host, port=port, reuse_port=reuse_port)
