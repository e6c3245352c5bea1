"""A bare relay on picows and msgspec: the least work that carries audio both ways. The bridge is measured against this minimum.

It has no tokens, records, state machine or marks; it trusts every client and keeps nothing. Never expose it to a network.

python -m bench.bridge.relay_picows --port 9001 --model-url ws://127.0.0.1:9002/v1/realtime
"""

import asyncio
import sys
from collections.abc import Sequence

import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_connect, ws_create_server

from bench.bridge.relay_command import run_relay

_UPDATE = b'{"type":"session.update","session":{"type":"realtime"}}'
_CREATE = b'{"type":"response.create"}'


class _Media(msgspec.Struct, gc=False):
    payload: msgspec.Raw


class _Start(msgspec.Struct, rename="camel"):
    stream_sid: str


class _Frame(msgspec.Struct):
    event: str
    media: _Media | None = None
    start: _Start | None = None


class _Event(msgspec.Struct, gc=False):
    type: str
    delta: msgspec.Raw = msgspec.Raw(b"")


_read_frame = msgspec.json.Decoder(_Frame).decode
_read_event = msgspec.json.Decoder(_Event).decode


class _Caller(WSListener):
    def __init__(self, model_url: str) -> None:
        self._model_url = model_url
        self._model: WSTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.transport: WSTransport | None = None
        self.head = b""

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            if frame.msg_type == WSMsgType.CLOSE:
                transport.disconnect()
            return
        message = _read_frame(frame.get_payload_as_memoryview())
        if message.media is not None:
            if self._model is not None:
                self._model.send(WSMsgType.TEXT, b'{"type":"input_audio_buffer.append","audio":%b}' % message.media.payload)
        elif message.start is not None:
            self.head = b'{"event":"media","streamSid":"%b","media":{"payload":' % message.start.stream_sid.encode()
            task = asyncio.get_running_loop().create_task(self._connect())  # owned: by the connection
            self._tasks.add(task)

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows passes it
        if self._model is not None:
            self._model.disconnect()

    async def _connect(self) -> None:
        self._model, _ = await ws_connect(lambda: _Model(self), self._model_url)
        self._model.send(WSMsgType.TEXT, _UPDATE)
        self._model.send(WSMsgType.TEXT, _CREATE)


class _Model(WSListener):
    def __init__(self, caller: _Caller) -> None:
        self._caller = caller

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            if frame.msg_type == WSMsgType.CLOSE:
                transport.disconnect()
            return
        event = _read_event(frame.get_payload_as_memoryview())
        if event.type == "response.output_audio.delta" and self._caller.transport is not None:
            self._caller.transport.send(WSMsgType.TEXT, b"%b%b}}" % (self._caller.head, event.delta))


async def _serve(port: int, model_url: str) -> None:
    def accept(_request: WSUpgradeRequest) -> WSListener:
        return _Caller(model_url)

    await ws_create_server(accept, "127.0.0.1", port)
    await asyncio.get_running_loop().create_future()


def main(arguments: Sequence[str]) -> None:
    """Relay until the process is ended."""
    run_relay(_serve, arguments, description=__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
