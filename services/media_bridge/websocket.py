"""One WebSocket behind a Protocol, so that the library can be changed; today picows.

picows calls back inside the loop's read. A message is copied out of its buffer: that costs less than a view of it.
"""

from asyncio import Future, get_running_loop, shield, timeout
from collections import deque
from collections.abc import Callable
from functools import partial
from ssl import SSLContext
from typing import Protocol

from picows import WSCloseCode, WSError, WSFrame, WSHandshakeError, WSListener, WSMsgType, WSTransport, ws_connect

from shared.core.errors import ConfirmerError

MAX_MESSAGE_BYTES = 16 * 1024 * 1024  # OpenAI's own limit for one append is 15 MiB
_QUEUED_BYTES = 2 * 1024 * 1024  # about three minutes of speech
READ_BUFFER_BYTES = 4096  # at first; it doubles when it fills, and a call has two
_CLOSE_LIMIT_S = 1.0
_PING_AFTER_S = 20.0
_PONG_WITHIN_S = 10.0
_STATUS_UNKNOWN = "handshake"
_TEXT = WSMsgType.TEXT  # looked up once: an enum's attribute costs as much as reading a frame's JSON

NORMAL = 1000
GOING_AWAY = 1001
POLICY = 1008
INTERNAL = 1011


class ConnectionFailedError(ConfirmerError):
    """A WebSocket could not be had; `reason` is a short code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Listener(Protocol):
    """Who is told of what comes in."""

    def on_message(self, message: bytes) -> None:
        """Take one whole message."""
        ...

    def on_closed(self) -> None:
        """Learn that the connection is gone; told once."""
        ...


class Socket(Protocol):
    """One side of a connection. Sending never waits."""

    @property
    def is_open(self) -> bool:
        """Whether the connection stands."""
        ...

    @property
    def dropped(self) -> int:
        """How many audio messages were dropped because the peer did not read."""
        ...

    def send(self, message: bytes) -> None:
        """Send a message that must not be lost while the connection stands."""
        ...

    @property
    def send_audio(self) -> Callable[[bytes], None]:
        """What sends audio; while the peer does not read, the oldest is dropped. It changes then: look it up for each message."""
        ...

    def rest(self, seconds: float) -> None:
        """Read nothing for so long: what the peer sends waits with it. What is read already is let go."""
        ...

    async def close(self, code: int, reason: str) -> None:
        """Close with a handshake of at most a second; the connection is gone when this returns."""
        ...


def _nothing() -> None:
    """Do nothing."""


class PicowsSocket(WSListener):
    """A picows connection of either side.

    While the peer does not read, messages wait here: beyond two megabytes the oldest audio is dropped, and a peer
    that does not even take the control messages is cut off.
    """

    def __init__(self, listener: Listener, on_connected: Callable[[], None] = _nothing) -> None:
        self._listener: Listener | None = listener
        self._on_message = listener.on_message
        self._on_connected = on_connected
        self._transport: WSTransport | None = None
        self._gone: Future[None] = get_running_loop().create_future()
        self._parts: bytearray | None = None
        self._is_paused = False
        self._queue: deque[tuple[bool, bytes]] = deque()
        self._queued_bytes = 0
        self.dropped = 0
        self.send_audio: Callable[[bytes], None] = _ignore

    @property
    def is_open(self) -> bool:
        """Whether the connection stands."""
        return self._transport is not None and not self._transport.is_disconnected and self._listener is not None

    def send(self, message: bytes) -> None:
        """Send a message that must not be lost while the connection stands."""
        if self._is_paused:
            self._enqueue(message, is_audio=False)
        elif self._transport is not None:
            self._transport.send(_TEXT, message)

    def rest(self, seconds: float) -> None:
        """Read nothing for so long: what the peer sends waits with it. What is read already is let go."""
        if self.is_open and self._transport is not None and self._on_message is not _ignore:
            self._on_message = _ignore
            self._transport.underlying_transport.pause_reading()
            get_running_loop().call_later(seconds, self._read_on)

    async def close(self, code: int, reason: str) -> None:
        """Close with a handshake of at most a second; the connection is gone when this returns."""
        self._listener, self._on_message = None, _ignore
        transport = self._transport
        if transport is None:
            return
        if not transport.is_disconnected:
            transport.send_close(WSCloseCode(code), reason.encode())
        try:
            async with timeout(_CLOSE_LIMIT_S):
                await shield(self._gone)
        except TimeoutError:
            pass
        finally:
            transport.disconnect(graceful=False)

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Note that the handshake is done (picows)."""
        self._transport = transport
        self.send_audio = partial(transport.send, _TEXT)
        self._on_connected()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Pass whole messages on (picows)."""
        kind = frame.msg_type
        if kind is _TEXT and frame.fin:
            on_message = self._on_message
            on_message(frame.get_payload_as_bytes())
        elif kind == WSMsgType.CLOSE:
            self._answer_close(transport, frame)
        elif kind in {_TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION}:
            self._collect(transport, frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows passes it
        """Tell that the connection is gone (picows)."""
        self._queue.clear()
        if not self._gone.done():
            self._gone.set_result(None)
        listener, self._listener, self._on_message = self._listener, None, _ignore
        if listener is not None:
            listener.on_closed()

    def pause_writing(self) -> None:
        """Keep messages here from now on: the peer does not read (picows)."""
        self._is_paused = True
        self.send_audio = partial(self._enqueue, is_audio=True)

    def resume_writing(self) -> None:
        """Send what waited (picows)."""
        self._is_paused = False
        while self._queue and not self._is_paused and self._transport is not None:
            _, message = self._queue.popleft()
            self._queued_bytes -= len(message)
            self._transport.send(_TEXT, message)
        if not self._is_paused and self._transport is not None:
            self.send_audio = partial(self._transport.send, _TEXT)

    def _read_on(self) -> None:
        if self.is_open and self._listener is not None and self._transport is not None:
            self._on_message = self._listener.on_message
            self._transport.underlying_transport.resume_reading()

    def _enqueue(self, message: bytes, *, is_audio: bool) -> None:
        self._queue.append((is_audio, message))
        self._queued_bytes += len(message)
        if self._queued_bytes > _QUEUED_BYTES:
            self._make_room()

    def _make_room(self) -> None:
        for index, (is_audio, message) in enumerate(self._queue):
            if is_audio:
                del self._queue[index]
                self._queued_bytes -= len(message)
                self.dropped += 1
                return
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    def _collect(self, transport: WSTransport, frame: WSFrame) -> None:
        """Put a fragmented message together; binary ones are passed on too, to be counted as no message."""
        if frame.msg_type != WSMsgType.CONTINUATION or self._parts is None:
            self._parts = bytearray()
        self._parts += frame.get_payload_as_bytes()
        if len(self._parts) > MAX_MESSAGE_BYTES:
            transport.disconnect(graceful=False)
        elif frame.fin:
            message, self._parts = self._parts, None
            self._on_message(bytes(message))

    @staticmethod
    def _answer_close(transport: WSTransport, frame: WSFrame) -> None:
        if not transport.is_close_frame_sent:
            transport.send_close(frame.get_close_code())
        transport.disconnect()


def _ignore(message: bytes) -> None:
    """Let a message go: nobody listens, or there is no connection yet."""


async def connect(
    url: str, listener: Listener, *, headers: dict[str, str], ssl_context: SSLContext | None, limit_s: float
) -> PicowsSocket:
    """Open a connection as a client.

    Raises:
        ConnectionFailedError: It could not be had within `limit_s` seconds.
    """
    socket = PicowsSocket(listener)
    try:
        async with timeout(limit_s):
            transport, _ = await ws_connect(
                lambda: socket,
                url,
                ssl_context=ssl_context,
                extra_headers=headers,
                websocket_handshake_timeout=limit_s,
                max_frame_size=MAX_MESSAGE_BYTES,
                read_buffer_init_size=READ_BUFFER_BYTES,
                max_redirects=0,
                enable_auto_ping=True,
                auto_ping_idle_timeout=_PING_AFTER_S,
                auto_ping_reply_timeout=_PONG_WITHIN_S,
            )
    except WSHandshakeError as error:
        status = error.response.status if error.response is not None else None
        raise ConnectionFailedError(f"status_{int(status)}" if status is not None else _STATUS_UNKNOWN) from error
    except TimeoutError as error:
        raise ConnectionFailedError("timeout") from error
    except (OSError, WSError) as error:
        raise ConnectionFailedError("unreachable") from error
    if transport.is_disconnected or not socket.is_open:  # picows returns so where the peer hung up in the handshake
        raise ConnectionFailedError(_STATUS_UNKNOWN)
    return socket
