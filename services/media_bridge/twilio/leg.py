"""The caller's leg: what Twilio's media stream brings, as audio, keys, marks and an end."""

from collections.abc import Callable
from typing import Protocol

from services.media_bridge.base64_wire import quoted
from services.media_bridge.json_wire import UNREADABLE
from services.media_bridge.twilio.flood_guard import FloodGuard
from services.media_bridge.twilio.outgoing_stream import OutgoingStream
from services.media_bridge.twilio.stream_wire import CallerEvent, event_of, read
from services.media_bridge.websocket import NORMAL, Socket
from shared.core.conversation.events import CallerLegEnded, KeyPressed

_MEDIA = "media"


class CallerReceiver(Protocol):
    """Receives what the caller does."""

    def on_caller_event(self, event: CallerEvent) -> None:
        """Take an event; audio goes another way (`CallerLeg.route_audio`)."""
        ...


class CallerLeg:
    """The receiving side of one media stream, from the handshake to its end.

    `received_frames` counts its audio frames, `unreadable` its messages of a wrong shape, `ignored` its keys beyond what a
    person can press.
    """

    def __init__(self, socket: Socket, receiver: CallerReceiver, guard: FloodGuard | None = None) -> None:
        self._socket = socket
        self._receiver = receiver
        self._guard = guard or FloodGuard()
        self._on_audio: Callable[[bytes], None] = _discard
        self._has_ended = False
        self.received_frames = 0
        self.unreadable = 0
        self.ignored = 0

    def attach(self, receiver: CallerReceiver) -> None:
        """Give all later events to `receiver`."""
        self._receiver = receiver

    def route_audio(self, on_audio: Callable[[bytes], None]) -> None:
        """Call `on_audio` with each later frame: quoted base64 of µ-law, usually 20 ms. It is called directly, for speed."""
        self._on_audio = on_audio

    def open_stream(self, stream_sid: str) -> OutgoingStream:
        """Return the sending side of this stream, whose token was accepted."""
        self._socket.admit()
        return OutgoingStream(self._socket, stream_sid)

    @property
    def has_ended(self) -> bool:
        """Whether the caller has left, or we have closed the stream."""
        return self._has_ended

    @property
    def dropped(self) -> int:
        """How many audio messages Twilio did not take in time."""
        return self._socket.dropped

    def on_message(self, message: bytes) -> None:
        """Take one of Twilio's frames from the socket."""
        try:
            head = read(message)
            media = head.media
            event = event_of(head, message) if media is None else None
        except UNREADABLE:
            self.unreadable += 1
            self._take(None)
            return
        if media is None:
            self._take(event)
        elif head.event == _MEDIA and (payload := quoted(media.payload)):
            self.received_frames += 1
            on_audio = self._on_audio  # bound first: to look up and call in one step is twice as slow if it is no method
            on_audio(payload)

    def on_closed(self) -> None:
        """Take the socket's end for the stream's: Twilio may close without a `stop`."""
        self._end(CallerLegEnded())

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Close the stream: Twilio goes on with the TwiML behind it."""
        self._has_ended = True
        await self._socket.close(code, reason)

    def _take(self, event: CallerEvent | None) -> None:
        """Pass an event on; if a stream sends more of them than Twilio does, its socket is not read for a while."""
        if pause_s := self._guard.pause_s():
            self._socket.pause_reading(pause_s)
        if isinstance(event, CallerLegEnded):
            self._end(event)
        elif isinstance(event, KeyPressed) and not self._guard.admits_key():
            self.ignored += 1
        elif event is not None:
            self._receiver.on_caller_event(event)

    def _end(self, event: CallerLegEnded) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._receiver.on_caller_event(event)


def _discard(payload: bytes) -> None:
    """Discard audio that comes before a call."""
