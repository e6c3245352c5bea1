"""The sending side of one media stream: audio, marks and clears to Twilio."""

from services.media_bridge.twilio.stream_wire import MEDIA_TAIL, clear_frame, mark_frame, media_head
from services.media_bridge.websocket import Socket


class OutgoingStream:
    """Sends on the stream with this `stream_sid`. It exists only once Twilio has told the sid: nothing can be sent before."""

    __slots__ = ("_clear", "_media_head", "_socket", "_stream_sid")

    def __init__(self, socket: Socket, stream_sid: str) -> None:
        self._socket = socket
        self._stream_sid = stream_sid
        self._media_head = media_head(stream_sid)
        self._clear = clear_frame(stream_sid)

    def send_media(self, payload: bytes) -> None:
        """Have Twilio play the quoted base64 `payload`, of any length, after all that was sent before."""
        send = self._socket.send_audio
        send(self._media_head + payload + MEDIA_TAIL)

    def send_mark(self, name: str) -> None:
        """Have Twilio send the mark back once it has played all that was sent before."""
        self._socket.send(mark_frame(self._stream_sid, name))

    def send_clear(self) -> None:
        """Have Twilio drop all that it has not played yet."""
        self._socket.send(self._clear)
