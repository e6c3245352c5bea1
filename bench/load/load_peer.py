"""One side of a socket as a load process plays it, for either end of a call: reads frames, and sends JSON."""

from abc import abstractmethod
from typing import Any, Protocol

import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport

from bench.report.latency import FrameSequence


class Fleet(Protocol):
    """All peers of one side; `unread` frames are only counted, for each one that is parsed."""

    unread: int


class LoadPeer(WSListener):
    """A socket whose audio is timed. A message with `audio_mark` in its first `near` bytes is audio, any other is JSON to obey."""

    def __init__(self, fleet: Fleet, *, audio_mark: bytes, near: int) -> None:
        self._counts = fleet
        self._audio_mark = audio_mark
        self._near = near
        self._sequence = FrameSequence()
        self._transport: WSTransport | None = None

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Called by picows: process audio or another message."""
        if frame.msg_type == WSMsgType.TEXT:
            if self._sequence.passes(frame.payload_size, self._counts.unread):
                return
            message = frame.get_payload_as_bytes()
            if message.find(self._audio_mark, 0, self._near) >= 0:
                self._hear(message)
            else:
                self._obey(msgspec.json.decode(message))
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()

    def stop_reading(self) -> None:
        """Stop reading: from now on, arriving data stays in the kernel's buffers."""
        if self._transport is not None:
            self._transport.underlying_transport.pause_reading()

    @abstractmethod
    def _hear(self, message: bytes) -> None:
        """Process a frame of audio."""

    @abstractmethod
    def _obey(self, message: dict[str, Any]) -> None:  # Any: JSON
        """Process another message."""

    def _tell(self, **message: Any) -> None:  # noqa: ANN401 - JSON
        self._send(msgspec.json.encode(message))

    def _send(self, message: bytes) -> None:
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, message)
