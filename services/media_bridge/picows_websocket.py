"""WebSockets over picows, the one library for both legs.

picows calls back inside the loop's read. A message is copied out of its buffer: that costs less than a view of it.
"""

from asyncio import Future, get_running_loop, shield, timeout
from collections import deque
from collections.abc import Callable
from functools import partial

from picows import (
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
)

from services.media_bridge.websocket import (
    MAX_MESSAGE_BYTES,
    MAX_STREAM_MESSAGE_BYTES,
    Accept,
    MessageReceiver,
)

_QUEUED_BYTES = 2 * 1024 * 1024  # about three minutes of speech
READ_BUFFER_BYTES = 4096  # at first; it doubles when it fills, and a call has two
_CLOSE_LIMIT_S = 1.0
PING_AFTER_S = 20.0
PONG_WITHIN_S = 10.0
_TEXT = WSMsgType.TEXT  # looked up once: an enum's attribute costs as much as reading a frame's JSON


class PicowsSocket:
    """An open connection over picows, of either side.

    While the peer does not read, messages wait here. If more than two megabytes wait, the oldest audio is dropped; a peer
    that does not even take the control messages is disconnected.

    `most_bytes` is the largest message that is taken.
    """

    def __init__(self, transport: WSTransport, accept: Accept, *, most_bytes: int, on_admitted: Callable[[], None]) -> None:
        self._transport = transport
        self._on_admitted = on_admitted
        self.most_bytes = most_bytes
        self._gone: Future[None] = get_running_loop().create_future()
        self._is_paused = False
        self._queue: deque[tuple[bool, bytes]] = deque()
        self._queued_bytes = 0
        self.dropped = 0
        self.send_audio: Callable[[bytes], None] = partial(transport.send, _TEXT)
        receiver = accept(self)
        self._receiver: MessageReceiver | None = receiver  # None once the connection is gone, or closed by us
        self.on_message = self._way_to(receiver)

    @property
    def is_open(self) -> bool:
        """Whether the connection stands."""
        return not self._transport.is_disconnected and self._receiver is not None

    def deliver_to(self, receiver: MessageReceiver) -> None:
        """Give all later messages, and the end of the connection, to another receiver."""
        if self._receiver is None:
            return
        self._receiver = receiver
        if self.on_message is not _ignore:
            self.on_message = self._way_to(receiver)

    def send(self, message: bytes) -> None:
        """Send a message that must not be lost while the connection stands."""
        if self._is_paused:
            self._enqueue(message, is_audio=False)
        else:
            self._transport.send(_TEXT, message)

    def pause_reading(self, seconds: float) -> None:
        """Read nothing for so many seconds: what the peer sends waits with it. What was read already is ignored."""
        if self.is_open and self.on_message is not _ignore:
            self.on_message = _ignore
            self._transport.underlying_transport.pause_reading()
            get_running_loop().call_later(seconds, self._resume_reading)

    def admit(self) -> None:
        """Take messages of the full length from now on: it is known who sends them."""
        self.most_bytes = max(self.most_bytes, MAX_STREAM_MESSAGE_BYTES)
        if self._receiver is not None:
            self.deliver_to(self._receiver)
            self._on_admitted()

    def refuse_size(self) -> None:
        """Close: a message is larger than `most_bytes`."""
        receiver, self._receiver, self.on_message = self._receiver, None, _ignore
        if not self._transport.is_close_frame_sent:
            self._transport.send_close(WSCloseCode.MESSAGE_TOO_BIG)
        self._transport.disconnect(graceful=False)
        if receiver is not None:
            receiver.on_closed()

    def answer_ping(self, payload: bytes) -> None:
        """Send a pong, unless the peer does not read: pongs must not pile up for it."""
        if not self._is_paused:
            self._transport.send_pong(payload)

    async def close(self, code: int, reason: str) -> None:
        """Close with a handshake of at most a second; the connection is gone when this returns."""
        self._receiver, self.on_message = None, _ignore
        transport = self._transport
        if not transport.is_disconnected:
            transport.send_close(WSCloseCode(code), reason.encode())
        try:
            async with timeout(_CLOSE_LIMIT_S):
                await shield(self._gone)
        except TimeoutError:
            pass
        finally:
            transport.disconnect(graceful=False)

    def on_disconnected(self) -> None:
        """Note that the connection is gone, and tell the receiver."""
        self._queue.clear()
        if not self._gone.done():
            self._gone.set_result(None)
        receiver, self._receiver, self.on_message = self._receiver, None, _ignore
        if receiver is not None:
            receiver.on_closed()

    def pause_writing(self) -> None:
        """Keep messages here from now on: the peer does not read."""
        self._is_paused = True
        self.send_audio = partial(self._enqueue, is_audio=True)

    def resume_writing(self) -> None:
        """Send what waited."""
        self._is_paused = False
        while self._queue and not self._is_paused:
            _, message = self._queue.popleft()
            self._queued_bytes -= len(message)
            self._transport.send(_TEXT, message)
        if not self._is_paused:
            self.send_audio = partial(self._transport.send, _TEXT)

    def _resume_reading(self) -> None:
        if self.is_open and self._receiver is not None:
            self.on_message = self._way_to(self._receiver)
            self._transport.underlying_transport.resume_reading()

    def _way_to(self, receiver: MessageReceiver) -> Callable[[bytes], None]:
        """Return who takes messages: picows itself bounds single frames at the full length, so only a lower limit costs time."""
        return self._take_early if self.most_bytes < MAX_STREAM_MESSAGE_BYTES else receiver.on_message

    def _take_early(self, message: bytes) -> None:
        if len(message) > self.most_bytes:
            self.refuse_size()
        elif self._receiver is not None:
            self._receiver.on_message(message)

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
        self._transport.disconnect(graceful=False)


class PicowsListener(WSListener):
    """Takes picows' callbacks for one connection; `accept` is called when its handshake is done.

    `on_admitted` is called when it is known that the peer is Twilio, whose messages may be longer than `most_bytes`.
    """

    _socket: PicowsSocket
    """Assigned by `on_ws_connected`, which picows calls before any other callback."""

    def __init__(
        self, accept: Accept, *, most_bytes: int = MAX_MESSAGE_BYTES, on_admitted: Callable[[], None] | None = None
    ) -> None:
        self._accept = accept
        self._most_bytes = most_bytes
        self._on_admitted = on_admitted or _do_nothing
        self._parts: bytearray | None = None  # of a fragmented message that is not complete yet

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Open the socket: the handshake is done."""
        self._socket = PicowsSocket(transport, self._accept, most_bytes=self._most_bytes, on_admitted=self._on_admitted)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Pass whole messages on."""
        kind = frame.msg_type
        if kind is _TEXT and frame.fin:
            on_message = self._socket.on_message
            on_message(frame.get_payload_as_bytes())
        elif kind == WSMsgType.CLOSE:
            self._answer_close(transport, frame)
        elif kind == WSMsgType.PING:
            self._socket.answer_ping(frame.get_payload_as_bytes())
        elif kind in {_TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION}:
            self._collect(frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows passes it
        """Note that the connection is gone."""
        self._parts = None
        self._socket.on_disconnected()

    def pause_writing(self) -> None:
        """Keep messages from now on: the peer does not read."""
        self._socket.pause_writing()

    def resume_writing(self) -> None:
        """Send the messages that waited."""
        self._socket.resume_writing()

    def _collect(self, frame: WSFrame) -> None:
        """Join the parts of a fragmented message; binary ones are passed on too, to be counted as unreadable."""
        if frame.msg_type != WSMsgType.CONTINUATION or self._parts is None:
            self._parts = bytearray()
        self._parts += frame.get_payload_as_bytes()
        if len(self._parts) > self._socket.most_bytes:
            self._parts = None
            self._socket.refuse_size()
        elif frame.fin:
            message, self._parts = self._parts, None
            self._socket.on_message(bytes(message))

    @staticmethod
    def _answer_close(transport: WSTransport, frame: WSFrame) -> None:
        if not transport.is_close_frame_sent:
            code = frame.get_close_code()
            transport.send_close(WSCloseCode.OK if code == WSCloseCode.NO_INFO else code)  # that one must not be sent
        transport.disconnect()


def _do_nothing() -> None:
    """Do nothing: nobody waits for the admission."""


def _ignore(message: bytes) -> None:
    """Ignore a message: reading pauses, or nobody listens any more."""
