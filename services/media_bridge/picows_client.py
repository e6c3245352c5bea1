"""Opens a WebSocket as a client, with picows."""

from asyncio import timeout
from collections.abc import Callable
from ssl import SSLContext
from typing import TypeVar

from picows import WSError, WSHandshakeError, ws_connect

from services.media_bridge.picows_websocket import PING_AFTER_S, PONG_WITHIN_S, READ_BUFFER_BYTES, PicowsListener
from services.media_bridge.websocket import MAX_MESSAGE_BYTES, ConnectionFailedError, MessageReceiver, Socket

_STATUS_UNKNOWN = "handshake"
_Receiver = TypeVar("_Receiver", bound=MessageReceiver)


async def connect(
    url: str, accept: Callable[[Socket], _Receiver], *, headers: dict[str, str], ssl_context: SSLContext | None, limit_s: float
) -> _Receiver:
    """Open a connection as a client; returns the receiver that `accept` made for it.

    Raises:
        ConnectionFailedError: It could not be opened within `limit_s` seconds.
    """
    accepted: list[_Receiver] = []

    def accept_once(socket: Socket) -> _Receiver:
        receiver = accept(socket)
        accepted.append(receiver)
        return receiver

    try:
        async with timeout(limit_s):
            transport, _ = await ws_connect(
                lambda: PicowsListener(accept_once),
                url,
                ssl_context=ssl_context,
                extra_headers=headers,
                websocket_handshake_timeout=limit_s,
                max_frame_size=MAX_MESSAGE_BYTES,
                read_buffer_init_size=READ_BUFFER_BYTES,
                max_redirects=0,
                enable_auto_ping=True,
                auto_ping_idle_timeout=PING_AFTER_S,
                auto_ping_reply_timeout=PONG_WITHIN_S,
                enable_auto_pong=False,
            )
    except WSHandshakeError as error:
        status = error.response.status if error.response is not None else None
        reason = f"status_{int(status)}" if status is not None else _STATUS_UNKNOWN
        raise ConnectionFailedError(reason, error.raw_body or b"") from error
    except TimeoutError as error:
        raise ConnectionFailedError("timeout") from error
    except (OSError, WSError) as error:
        raise ConnectionFailedError("unreachable") from error
    if transport.is_disconnected or not accepted:  # picows returns normally even if the peer hung up in the handshake
        raise ConnectionFailedError(_STATUS_UNKNOWN)
    return accepted[0]
