"""The model's leg: one session of OpenAI's Realtime API, opened, checked, and handed to a call."""

from asyncio import Future, get_running_loop, timeout
from dataclasses import dataclass
from ssl import SSLContext
from typing import Protocol
from urllib.parse import urlencode

from services.media_bridge.base64_wire import quoted
from services.media_bridge.openai import requests_wire as request
from services.media_bridge.openai.events_wire import (
    AUDIO_DELTA,
    WORDS_DELTA,
    ErrorTold,
    Head,
    Malformed,
    SessionTold,
    Told,
    UnreadableError,
    read,
    told,
)
from services.media_bridge.openai.requests_wire import APPEND_HEAD, APPEND_TAIL
from services.media_bridge.websocket import NORMAL, ConnectionFailedError, Socket, connect


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAddress:
    """Where the model is, and as whom we speak to it; `ssl_context` None for `ws://`."""

    url: str
    model: str
    api_key: str
    voice: str
    ssl_context: SSLContext | None

    @property
    def session_url(self) -> str:
        """The URL of a new session."""
        return f"{self.url}?{urlencode({'model': self.model})}"

    @property
    def headers(self) -> dict[str, str]:
        """Source: OpenAI docs, "Connecting with WebSockets"; the beta header must be absent."""
        return {"Authorization": f"Bearer {self.api_key}"}


class Sound(Protocol):
    """Takes the agent's next audio; a function, so that nothing stands between the leg and the audio lane."""

    def __call__(self, response_id: str, item_id: str, payload: bytes, /) -> None:
        """Take the quoted base64 `payload` of µ-law, of any length."""
        ...


class ModelReceiver(Protocol):
    """Who hears of the model."""

    @property
    def model_sounded(self) -> Sound:
        """Who takes the agent's audio."""
        ...

    def model_worded(self, head: Head) -> None:
        """Take the agent's next words, of which the sound follows."""
        ...

    def model_told(self, leg: "ModelLeg", told: Told) -> None:
        """Take what is no audio."""
        ...

    def model_closed(self, leg: "ModelLeg") -> None:
        """Learn that the session is gone."""
        ...


class ModelLeg:
    """One session, with formats, turn detection and voice agreed; instructions and tools are the call's to give."""

    def __init__(self) -> None:
        self._receiver: ModelReceiver | None = None
        self._sound: Sound = unheard
        self._socket: Socket | None = None
        self._answered: Future[SessionTold | str] = get_running_loop().create_future()
        self.expires_at: float | None = None
        self._has_asked = False
        self.is_agreed = False
        self.has_failed = False
        self.unreadable = 0

    @classmethod
    async def open(cls, address: ModelAddress, *, limit_s: float) -> "ModelLeg":
        """Connect, agree on µ-law both ways, and check that it was granted.

        Raises:
            ConnectionFailedError: There is no such session within `limit_s` seconds.
        """
        leg = cls()
        tls = address.ssl_context
        try:
            async with timeout(limit_s):
                leg.use(await connect(address.session_url, leg, headers=address.headers, ssl_context=tls, limit_s=limit_s))
                await leg.agree(address.voice)
        except TimeoutError as error:
            raise ConnectionFailedError("timeout") from error
        finally:
            if not leg.is_agreed:
                await leg.close()
        return leg

    async def agree(self, voice: str) -> None:
        """Wait for the session, ask for µ-law both ways, turn detection and the voice, and check what is granted.

        Raises:
            ConnectionFailedError: It was not granted, or the session broke.
        """
        self.expires_at = (await self._answer()).expires_at
        self._answered, self._has_asked = get_running_loop().create_future(), True
        self.send(request.first_update(voice))
        granted = await self._answer()
        if (granted.input_format, granted.output_format) != (request.MULAW, request.MULAW):
            raise ConnectionFailedError("formats_refused")
        self.is_agreed = True

    @property
    def is_open(self) -> bool:
        """Whether the session can be used."""
        return not self.has_failed and self._socket is not None and self._socket.is_open

    @property
    def dropped(self) -> int:
        """How many audio messages the model did not take in time."""
        return self._socket.dropped if self._socket is not None else 0

    def use(self, socket: Socket) -> None:
        """Speak through this socket."""
        self._socket = socket

    def attach(self, receiver: ModelReceiver) -> None:
        """Tell `receiver` everything from now on."""
        self._receiver = receiver
        self._sound = receiver.model_sounded

    def detach(self) -> None:
        """Tell nobody anything any more."""
        self._receiver = None
        self._sound = unheard

    def send(self, message: bytes) -> None:
        """Send a request."""
        if self._socket is not None:
            self._socket.send(message)

    def append_audio(self, payload: bytes) -> None:
        """Let the model hear the quoted base64 `payload`."""
        if self._socket is not None:
            send = self._socket.send_audio
            send(APPEND_HEAD + payload + APPEND_TAIL)

    async def close(self) -> None:
        """End the session; nobody is told."""
        self.detach()
        if self._socket is not None:
            await self._socket.close(NORMAL, "")

    def on_message(self, message: bytes) -> None:
        """Take one event of OpenAI's (socket)."""
        try:
            head = read(message)
        except UnreadableError:
            self.unreadable += 1
            return
        if head.type == AUDIO_DELTA:
            if payload := quoted(head.delta):
                sound = self._sound
                sound(head.response_id, head.item_id, payload)
        elif head.type == WORDS_DELTA:
            if self._receiver is not None:
                self._receiver.model_worded(head)
        else:
            self._take(told(head, message))

    def on_closed(self) -> None:
        """Pass the session's end on (socket)."""
        self.has_failed = True
        self._fail("closed")
        if self._receiver is not None:
            self._receiver.model_closed(self)

    async def _answer(self) -> SessionTold:
        answer = await self._answered
        if isinstance(answer, str):
            raise ConnectionFailedError(answer)
        return answer

    def _take(self, event: Told | Malformed | None) -> None:
        match event:
            case None:
                pass
            case Malformed():
                self.unreadable += 1
            case SessionTold(is_update=is_update) if is_update == self._has_asked and not self._answered.done():
                self._answered.set_result(event)
            case ErrorTold(code=code) if self._receiver is None:
                self.has_failed = True
                self._fail(code)
            case _:
                if self._receiver is not None:
                    self._receiver.model_told(self, event)

    def _fail(self, reason: str) -> None:
        """Let who waits for an answer of the session know that there is none."""
        if not self._answered.done():
            self._answered.set_result(reason)


def unheard(response_id: str, item_id: str, payload: bytes) -> None:
    """Let audio go that nobody listens to."""
