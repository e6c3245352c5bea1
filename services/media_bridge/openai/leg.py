"""The model's leg: one session of OpenAI's Realtime API that is agreed on, waits for a call, and is given to it."""

from typing import Protocol

from services.media_bridge.base64_wire import quoted
from services.media_bridge.openai.events_wire import (
    AUDIO_DELTA,
    TRANSCRIPT_DELTA,
    ErrorReported,
    EventHead,
    ServerEvent,
    event_of,
    read,
)
from services.media_bridge.openai.requests_wire import APPEND_HEAD, APPEND_TAIL
from services.media_bridge.openai.tolerant_decoding_wire import UnreadableError
from services.media_bridge.websocket import NORMAL, Socket


class AudioSink(Protocol):
    """Takes the agent's next audio. It is a function, which the leg calls directly: fifty times a second and call."""

    def __call__(self, response_id: str, item_id: str, payload: bytes, /) -> None:
        """Take the quoted base64 `payload` of µ-law, of any length."""
        ...


class ModelReceiver(Protocol):
    """Receives what a session tells, except audio."""

    def on_transcript_delta(self, head: EventHead) -> None:
        """Take the agent's next words; their audio follows."""
        ...

    def on_server_event(self, leg: "ModelLeg", event: ServerEvent) -> None:
        """Take any other event."""
        ...

    def on_model_closed(self, leg: "ModelLeg") -> None:
        """Note that the session is gone."""
        ...


class ModelLeg:
    """One session, with formats, turn detection and voice agreed on; the call gives it instructions and tools.

    `expires_at` is in Unix seconds. `unreadable` counts the messages, and the parts of messages, of a wrong shape.
    """

    def __init__(self, socket: Socket, *, expires_at: float | None = None, unreadable: int = 0) -> None:
        self._socket = socket
        self._receiver: ModelReceiver | None = None  # None while the session waits for a call, and after its call
        self._on_audio: AudioSink = _discard
        self._has_failed = False
        self.expires_at = expires_at
        self.unreadable = unreadable

    @property
    def is_open(self) -> bool:
        """Whether the session can be used."""
        return not self._has_failed and self._socket.is_open

    @property
    def dropped(self) -> int:
        """How many audio messages the model did not take in time."""
        return self._socket.dropped

    def attach(self, receiver: ModelReceiver, *, on_audio: AudioSink) -> None:
        """Give all later events to `receiver`, all later audio to `on_audio`."""
        self._receiver = receiver
        self._on_audio = on_audio

    def send(self, message: bytes) -> None:
        """Send a request."""
        self._socket.send(message)

    def append_audio(self, payload: bytes) -> None:
        """Send the caller's audio, quoted base64."""
        send = self._socket.send_audio
        send(APPEND_HEAD + payload + APPEND_TAIL)

    def detach(self) -> None:
        """Tell the receiver nothing more, and drop all later audio."""
        self._receiver = None
        self._on_audio = _discard

    async def close(self) -> None:
        """End the session; the receiver is told nothing more."""
        self.detach()
        await self._socket.close(NORMAL, "")

    def on_message(self, message: bytes) -> None:
        """Take one of OpenAI's events from the socket."""
        try:
            head = read(message)
        except UnreadableError:
            self._note_unreadable()
            return
        if head.type == AUDIO_DELTA:
            if payload := quoted(head.delta):
                on_audio = self._on_audio
                on_audio(head.response_id or "", head.item_id or "", payload)
        elif head.type == TRANSCRIPT_DELTA:
            if self._receiver is not None:
                self._receiver.on_transcript_delta(head)
        else:
            self._take(event_of(head, message, self._note_unreadable))

    def on_closed(self) -> None:
        """Note that the connection is gone."""
        self._has_failed = True
        if self._receiver is not None:
            self._receiver.on_model_closed(self)

    def _note_unreadable(self) -> None:
        self.unreadable += 1

    def _take(self, event: ServerEvent | None) -> None:
        if event is None:
            return
        if self._receiver is not None:
            self._receiver.on_server_event(self, event)
        elif isinstance(event, ErrorReported):
            self._has_failed = True  # no call must get this session


def _discard(response_id: str, item_id: str, payload: bytes) -> None:
    """Discard audio of a session that has no call."""
