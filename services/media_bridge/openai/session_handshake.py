"""The beginning of a session with the model: µ-law, turn detection and voice are asked for, and what is granted is checked."""

from asyncio import Future, get_running_loop

from services.media_bridge.openai import requests_wire as request
from services.media_bridge.openai.events_wire import FORMATS_REFUSED, ErrorReported, SessionDescribed, event_of, read
from services.media_bridge.openai.leg import ModelLeg
from services.media_bridge.openai.tolerant_decoding_wire import UnreadableError
from services.media_bridge.websocket import NORMAL, ConnectionFailedError, Socket


class SessionHandshake:
    """Receives the messages of a new connection until the session is agreed on; from then on a `ModelLeg` does."""

    def __init__(self, socket: Socket, *, audio: request.AudioSettings) -> None:
        self._socket = socket
        self._audio = audio
        self._expires_at: float | None = None
        self._has_asked = False
        self._unreadable = 0
        self._result: Future[ModelLeg | str] = get_running_loop().create_future()  # str: the reason why there is no session

    async def agreed(self) -> ModelLeg:
        """Wait until the session is agreed on.

        Raises:
            ConnectionFailedError: It was not granted, or the connection broke.
        """
        result = await self._result
        if isinstance(result, str):
            raise ConnectionFailedError(result)
        return result

    async def close(self) -> None:
        """Close the connection."""
        await self._socket.close(NORMAL, "")

    def on_message(self, message: bytes) -> None:
        """Take one of OpenAI's events from the socket."""
        try:
            event = event_of(read(message), message, self._note_unreadable)
        except UnreadableError:
            self._note_unreadable()
            return
        match event:
            case SessionDescribed(is_update=False) if not self._has_asked:
                self._expires_at, self._has_asked = event.expires_at, True
                self._socket.send(request.first_update(self._audio))
            case SessionDescribed(is_update=True) if self._has_asked:
                self._check(event)
            case ErrorReported(code=code):
                self._settle(code)
            case _:
                pass  # it concerns no session's beginning

    def on_closed(self) -> None:
        """Note that the connection broke."""
        self._settle("closed")

    def _note_unreadable(self) -> None:
        self._unreadable += 1

    def _check(self, granted: SessionDescribed) -> None:
        if self._result.done():
            return
        if not granted.is_mulaw:
            self._settle(FORMATS_REFUSED)
            return
        leg = ModelLeg(self._socket, expires_at=self._expires_at, unreadable=self._unreadable)
        self._socket.deliver_to(leg)
        self._settle(leg)

    def _settle(self, result: ModelLeg | str) -> None:
        if not self._result.done():
            self._result.set_result(result)
