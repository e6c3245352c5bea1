"""A tiny process for test_drain: echoes over a WebSocket, and has one piece of work in hand for each that is open."""

import sys

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from shared.runtime.health import Health
from shared.runtime.metrics import make_registry
from shared.runtime.uvicorn_server import DrainServer, RefuseWhileDraining, server_config
from shared.settings.parsers import Bind


def main(port: int, drain_timeout_s: float) -> None:
    health = Health(make_registry("echo"))
    open_sockets: set[WebSocket] = set()

    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        open_sockets.add(websocket)
        try:
            while True:
                await websocket.send_text(await websocket.receive_text())
        except WebSocketDisconnect:
            open_sockets.discard(websocket)

    app = Starlette(
        routes=[WebSocketRoute("/echo", echo), *health.routes()],
        middleware=[Middleware(RefuseWhileDraining, health=health)],
    )
    config = server_config(app, Bind("127.0.0.1", port))
    DrainServer(config, health=health, drain_timeout_s=drain_timeout_s, work_in_hand=lambda: len(open_sockets)).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
