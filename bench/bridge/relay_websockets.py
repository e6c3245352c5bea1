"""The same bare relay with the `websockets` library and the standard library's JSON, as most examples are written.

python -m bench.bridge.relay_websockets --port 9001 --model-url ws://127.0.0.1:9002/v1/realtime
"""

import asyncio
import json
import sys
from collections.abc import Sequence

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bench.bridge.relay_command import run_relay


async def _to_model(caller: ServerConnection, model: ClientConnection) -> None:
    async for message in caller:
        frame = json.loads(message)
        if frame["event"] == "media":
            await model.send(json.dumps({"type": "input_audio_buffer.append", "audio": frame["media"]["payload"]}))
    await model.close()


async def _to_caller(model: ClientConnection, caller: ServerConnection, stream_sid: str) -> None:
    await model.send(json.dumps({"type": "session.update", "session": {"type": "realtime"}}))
    await model.send(json.dumps({"type": "response.create"}))
    async for message in model:
        event = json.loads(message)
        if event["type"] == "response.output_audio.delta":
            await caller.send(json.dumps({"event": "media", "streamSid": stream_sid, "media": {"payload": event["delta"]}}))


async def _relay(caller: ServerConnection, model_url: str) -> None:
    stream_sid = ""
    while not stream_sid:
        stream_sid = json.loads(await caller.recv()).get("start", {}).get("streamSid", "")
    try:
        async with connect(model_url, compression=None, ping_interval=None) as model, asyncio.TaskGroup() as tasks:
            tasks.create_task(_to_model(caller, model))
            tasks.create_task(_to_caller(model, caller, stream_sid))
    except* ConnectionClosed:
        pass


async def _serve(port: int, model_url: str) -> None:
    async def accept(caller: ServerConnection) -> None:
        await _relay(caller, model_url)

    async with serve(accept, "127.0.0.1", port, compression=None, ping_interval=None) as server:
        await server.serve_forever()


def main(arguments: Sequence[str]) -> None:
    """Relay until the process is ended."""
    run_relay(_serve, arguments, description=__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
