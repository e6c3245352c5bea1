"""A tiny web process for test_drain: `/slow` answers after as many seconds as its query says, and a listener of the drain."""

import asyncio
import sys

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from shared.runtime.health import Health
from shared.runtime.metrics import make_registry
from shared.runtime.uvicorn_server import DrainServer, server_config
from shared.settings.parsers import Bind


def main(port: int, drain_timeout_s: float) -> None:
    health = Health(make_registry("slow"))

    def say(what: str) -> None:
        sys.stdout.write(what + "\n")
        sys.stdout.flush()

    async def slow(request: Request) -> PlainTextResponse:
        say("request_began")
        await asyncio.sleep(float(request.query_params["s"]))
        return PlainTextResponse("done")

    health.on_drain(lambda: say("listener_called"))
    app = Starlette(routes=[Route("/slow", slow), *health.routes()])
    DrainServer(server_config(app, Bind("127.0.0.1", port)), health=health, drain_timeout_s=drain_timeout_s).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
