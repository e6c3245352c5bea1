"""Opens sessions of OpenAI's Realtime API."""

from asyncio import timeout
from dataclasses import dataclass
from functools import partial
from ssl import SSLContext
from urllib.parse import urlencode

from services.media_bridge.openai.leg import ModelLeg
from services.media_bridge.openai.refusals_wire import fatal_code
from services.media_bridge.openai.requests_wire import AudioSettings
from services.media_bridge.openai.session_handshake import SessionHandshake
from services.media_bridge.picows_client import connect
from services.media_bridge.websocket import ConnectionFailedError

USER_AGENT = "order-confirmation-calls/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAddress:
    """Where the model is, and the account that pays for it; `ssl_context` is None for `ws://`."""

    url: str
    model: str
    api_key: str
    audio: AudioSettings
    ssl_context: SSLContext | None

    @property
    def session_url(self) -> str:
        """The URL of a new session."""
        return f"{self.url}?{urlencode({'model': self.model})}"

    def headers(self, safety_identifier: str | None) -> dict[str, str]:
        """Return the headers of the handshake; `safety_identifier` is None if it is not known yet who will speak.

        Source: OpenAI docs, "Realtime API with WebSocket"; the beta header must be absent.
        """
        headers = {"Authorization": f"Bearer {self.api_key}", "User-Agent": USER_AGENT}
        return headers if safety_identifier is None else {**headers, "OpenAI-Safety-Identifier": safety_identifier}


async def open_session(address: ModelAddress, *, limit_s: float, safety_identifier: str | None = None) -> ModelLeg:
    """Connect, agree on µ-law both ways, and check that it was granted.

    Raises:
        ConnectionFailedError: There is no such session within `limit_s` seconds.
    """
    headers = address.headers(safety_identifier)
    begin = partial(SessionHandshake, audio=address.audio)
    try:
        async with timeout(limit_s):
            handshake = await connect(address.session_url, begin, headers=headers, ssl_context=address.ssl_context, limit_s=limit_s)
            return await _agreed(handshake)
    except TimeoutError as error:
        raise ConnectionFailedError("timeout") from error
    except ConnectionFailedError as error:
        code = fatal_code(error.body)
        if code is None:
            raise
        raise ConnectionFailedError(code) from error


async def _agreed(handshake: SessionHandshake) -> ModelLeg:
    """Return the session, or close the connection."""
    is_agreed = False
    try:
        leg = await handshake.agreed()
        is_agreed = True
        return leg
    finally:
        if not is_agreed:
            await handshake.close()
