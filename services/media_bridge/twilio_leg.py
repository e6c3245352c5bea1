"""The caller's leg: Twilio's media stream as sound, keys, marks and an end."""

from collections.abc import Callable
from typing import Protocol

from services.media_bridge import base64_wire, twilio_wire
from services.media_bridge.websocket import NORMAL, Socket
from shared.core.conversation.events import CallerLegEnded

_MEDIA = "media"


class CallerReceiver(Protocol):
    """Who hears of the caller."""

    @property
    def caller_sounded(self) -> Callable[[bytes], None]:
        """Who takes the caller's audio: quoted base64 of µ-law, usually 20 ms."""
        ...

    def caller_told(self, fact: twilio_wire.Fact) -> None:
        """Take what is no audio."""
        ...


class CallerLeg:
    """One media stream. It can speak once `stream_sid` is known; before that everything sent is lost."""

    def __init__(self, receiver: CallerReceiver) -> None:
        self._receiver = receiver
        self._sound = receiver.caller_sounded
        self._socket: Socket | None = None
        self._outgoing: twilio_wire.Outgoing | None = None
        self._has_ended = False
        self.unreadable = 0

    def use(self, socket: Socket) -> None:
        """Speak through this socket."""
        self._socket = socket

    def attach(self, receiver: CallerReceiver) -> None:
        """Tell `receiver` everything from now on."""
        self._receiver = receiver
        self._sound = receiver.caller_sounded

    def open_stream(self, stream_sid: str) -> None:
        """Speak on this stream from now on."""
        self._outgoing = twilio_wire.Outgoing(stream_sid)

    @property
    def has_ended(self) -> bool:
        """Whether nobody is on the line any more, or we have closed it."""
        return self._has_ended

    @property
    def dropped(self) -> int:
        """How many audio messages Twilio did not take in time."""
        return self._socket.dropped if self._socket is not None else 0

    def on_message(self, message: memoryview) -> None:
        """Take one frame of Twilio's (socket)."""
        frame = twilio_wire.read(message)
        if frame is None:
            self.unreadable += 1
        elif frame.event == _MEDIA:
            if frame.media is not None and (payload := base64_wire.quoted(frame.media.payload)):
                self._sound(payload)
        elif (fact := twilio_wire.fact_of(frame)) is not None:
            if isinstance(fact, CallerLegEnded):
                self._end(fact)
            else:
                self._receiver.caller_told(fact)

    def on_closed(self) -> None:
        """Take the socket's end for the stream's: Twilio may close without a `stop` (socket)."""
        self._end(CallerLegEnded())

    def send_media(self, payload: bytes) -> None:
        """Have Twilio play the quoted base64 `payload`, of any length, after all that was sent before."""
        if self._socket is not None and self._outgoing is not None:
            self._socket.send_audio(self._outgoing.media(payload))

    def send_mark(self, name: str) -> None:
        """Have Twilio tell when all that was sent before has been played."""
        if self._socket is not None and self._outgoing is not None:
            self._socket.send(self._outgoing.mark(name))

    def send_clear(self) -> None:
        """Have Twilio drop all that it has not played yet."""
        if self._socket is not None and self._outgoing is not None:
            self._socket.send(self._outgoing.clear)

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Close the stream: Twilio goes on with the TwiML behind it."""
        self._has_ended = True
        if self._socket is not None:
            await self._socket.close(code, reason)

    def _end(self, fact: CallerLegEnded) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._receiver.caller_told(fact)
