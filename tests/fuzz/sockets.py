"""WebSocket frames as the bridge's port receives them: through the guard, picows' own parser and our socket, to the caller's leg.

The socket underneath is played, so that a thousand inputs a second can be read.
"""

import asyncio
import logging
import socket
from typing import Any

from services.media_bridge.picows_server import server_protocol
from services.media_bridge.picows_websocket import PicowsListener
from services.media_bridge.process.handshake_guard import HandshakeGuard, OpenHeads
from services.media_bridge.twilio.leg import CallerLeg
from services.media_bridge.twilio.stream_wire import CallerEvent, StreamStarted
from services.media_bridge.websocket import MAX_EARLY_MESSAGE_BYTES
from tests.fuzz.target import Target

_HANDSHAKE = (
    b"GET /media-stream HTTP/1.1\r\nHost: calls.shop.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_loop = asyncio.new_event_loop()
_never_connected = socket.socket()  # picows sets its options


class _Transport(asyncio.Transport):
    """A connection whose peer takes everything."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.1", 1), "socket": _never_connected})
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send into the void."""

    def pause_reading(self) -> None:
        """Go on: the input is short."""

    def resume_reading(self) -> None:
        """Go on."""

    def get_write_buffer_size(self) -> int:
        return 0

    def can_write_eof(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Go on with the guard, which passes on all the same."""


class _Caller:
    """Admits every stream that begins, token or not: what comes after the admission is to be read too."""

    def __init__(self) -> None:
        self.leg: CallerLeg | None = None

    def on_caller_event(self, event: CallerEvent) -> None:
        if isinstance(event, StreamStarted) and self.leg is not None:
            self.leg.open_stream(event.stream_sid)


class _Faults(logging.Handler):
    """Keeps the exceptions that picows catches: it logs them and ends the connection."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.caught: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            self.caught.append(record.exc_info[1])


_faults = _Faults()
logging.getLogger("picows.server").addHandler(_faults)


def _listener(caller: _Caller) -> PicowsListener:
    def accept(opened: Any) -> CallerLeg:  # noqa: ANN401  # Any: the socket, of our own class
        caller.leg = CallerLeg(opened, caller)
        return caller.leg

    return PicowsListener(accept, most_bytes=MAX_EARLY_MESSAGE_BYTES)


async def _receive(data: bytes) -> None:
    caller = _Caller()
    guard = HandshakeGuard(lambda _: server_protocol(lambda _: _listener(caller)), OpenHeads(), lambda _: None)
    transport = _Transport()
    guard.connection_made(transport)
    rest = memoryview(_HANDSHAKE + data)
    while rest and not transport.closed:
        space = guard.get_buffer(-1)
        count = min(len(space), len(rest))
        space[:count] = rest[:count]
        rest = rest[count:]
        guard.buffer_updated(count)
    guard.connection_lost(None)


def _websocket_frames(data: bytes) -> None:
    _faults.caught.clear()
    _loop.run_until_complete(_receive(data))
    if _faults.caught:
        raise _faults.caught[0]


_TEXT, _MASKED = b"\x81", b"\xfe"
_LENGTH, _MASK = b"\xff\xf0", b"\0\0\0\0"

TARGETS: tuple[Target, ...] = (
    Target("websocket_frames", _websocket_frames, ((b"", b""), (_TEXT + _MASKED + _LENGTH + _MASK, b""))),
)
