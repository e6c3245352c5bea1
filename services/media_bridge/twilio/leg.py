"""The caller's leg: Twilio's media stream as sound, keys, marks and an end."""

from collections.abc import Callable
from typing import Protocol

from services.media_bridge.base64_wire import quoted
from services.media_bridge.twilio.flood_guard import FloodGuard
from services.media_bridge.twilio.stream_wire import MEDIA_TAIL, Fact, Outgoing, UnreadableError, fact_of, read
from services.media_bridge.websocket import NORMAL, Socket
from shared.core.conversation.events import CallerLegEnded, KeyPressed

_MEDIA = "media"


class CallerReceiver(Protocol):
    """Who hears of the caller."""

    def caller_told(self, fact: Fact) -> None:
        """Take what is no audio."""
        ...


class CallerLeg:
    """One media stream. It can speak once `stream_sid` is known; before that everything sent is lost.

    `carry` takes the caller's audio, quoted base64 of µ-law, usually 20 ms: a function that may be changed, so that nothing
    stands between this leg and the other one. `sounds` counts what it was given.
    """

    def __init__(self, receiver: CallerReceiver, guard: FloodGuard | None = None) -> None:
        self._receiver = receiver
        self._guard = guard or FloodGuard()
        self.carry: Callable[[bytes], None] = unheard
        self.sounds = 0
        self._socket: Socket | None = None
        self._outgoing: Outgoing | None = None
        self._has_ended = False
        self.unreadable = 0
        self.ignored = 0

    def use(self, socket: Socket) -> None:
        """Speak through this socket."""
        self._socket = socket

    def attach(self, receiver: CallerReceiver) -> None:
        """Tell `receiver` everything from now on."""
        self._receiver = receiver

    def open_stream(self, stream_sid: str) -> None:
        """Speak on this stream from now on."""
        self._outgoing = Outgoing(stream_sid)

    @property
    def has_ended(self) -> bool:
        """Whether nobody is on the line any more, or we have closed it."""
        return self._has_ended

    @property
    def dropped(self) -> int:
        """How many audio messages Twilio did not take in time."""
        return self._socket.dropped if self._socket is not None else 0

    def on_message(self, message: bytes) -> None:
        """Take one frame of Twilio's (socket)."""
        try:
            head = read(message)
            media = head.media
            fact = fact_of(head, message) if media is None else None
        except UnreadableError:
            self.unreadable += 1
            self._take(None)
            return
        if media is None:
            self._take(fact)
        elif head.event == _MEDIA and (payload := quoted(media.payload)):
            self.sounds += 1
            carry = self.carry  # bound first: to look up and call at once is twice as slow where it is no method
            carry(payload)

    def on_closed(self) -> None:
        """Take the socket's end for the stream's: Twilio may close without a `stop` (socket)."""
        self._end(CallerLegEnded())

    def send_media(self, payload: bytes) -> None:
        """Have Twilio play the quoted base64 `payload`, of any length, after all that was sent before."""
        if self._socket is not None and self._outgoing is not None:
            send = self._socket.send_audio
            send(self._outgoing.media_head + payload + MEDIA_TAIL)

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

    def _take(self, fact: Fact | None) -> None:
        """Pass a fact on; a stream with more of them than Twilio has is left alone for a while."""
        if (rest_s := self._guard.rest_s()) and self._socket is not None:
            self._socket.rest(rest_s)
        if isinstance(fact, CallerLegEnded):
            self._end(fact)
        elif isinstance(fact, KeyPressed) and not self._guard.admits_key():
            self.ignored += 1
        elif fact is not None:
            self._receiver.caller_told(fact)

    def _end(self, fact: CallerLegEnded) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._receiver.caller_told(fact)


def unheard(payload: bytes) -> None:
    """Let audio go that nobody listens to."""
