"""uvicorn as our processes run it: SIGTERM lets the work in hand end, and a process without a web part has health too.

Source: uvicorn 0.54 `server.py`: its own shutdown closes every WebSocket with 1012 a tenth of a second after SIGTERM, and
raises the signal again at the end, so that the process exits with -15 instead of 0.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Generator
from socket import socket
from types import FrameType

import structlog
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.runtime.health import PATHS, Health
from shared.settings.parsers import Bind

log = structlog.get_logger()

_POLL_S = 0.05
_CLOSING_S = 5  # for requests in hand, after the work in hand has ended or was given up


def _no_work() -> int:
    return 0


def server_config(app: ASGIApp, bind: Bind) -> uvicorn.Config:
    """Return uvicorn's settings for all our processes: our logging, no access log, no compression of WebSockets."""
    return uvicorn.Config(
        app,
        host=bind.host,
        port=bind.port,
        log_config=None,
        access_log=False,
        server_header=False,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=_CLOSING_S,
    )


class DrainServer(uvicorn.Server):
    """A server that ends politely.

    After the first SIGTERM or SIGINT it is not ready any more, goes on serving until `work_in_hand()` is 0 or
    `drain_timeout_s` have passed, and then shuts down. A second signal shuts it down at once. `run()` returns in each
    case, so that the process exits with 0. The application refuses new work: `RefuseWhileDraining`.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        health: Health,
        drain_timeout_s: float,
        work_in_hand: Callable[[], int] = _no_work,
    ) -> None:
        super().__init__(config)
        self._health = health
        self._drain_timeout_s = drain_timeout_s
        self._work_in_hand = work_in_hand

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler's signature
        """Drain at the first signal, end at the second."""
        self._health.start_draining()
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Wait for the work in hand, then shut down."""
        self._health.start_draining()
        self._health.tell_draining()
        await self._wait_for_work()
        await super().shutdown(sockets)

    async def _wait_for_work(self) -> None:
        log.info("drain_started", in_hand=self._work_in_hand())
        try:
            async with asyncio.timeout(self._drain_timeout_s):
                while self._work_in_hand() and not self.force_exit:  # noqa: ASYNC110 - a signal handler sets the flag
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            log.warning("drain_timed_out", in_hand=self._work_in_hand())
        else:
            log.info("drain_ended", in_hand=self._work_in_hand())


class RefuseWhileDraining:
    """Middleware that answers 503 to everything new while the process drains, but for health and metrics."""

    def __init__(self, app: ASGIApp, *, health: Health) -> None:
        self._app = app
        self._health = health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or refuse."""
        if not self._health.is_draining or scope["type"] == "lifespan" or scope.get("path") in PATHS:
            await self._app(scope, receive, send)
            return
        prefix = ""
        if scope["type"] == "websocket":
            if "websocket.http.response" not in scope.get("extensions", {}):
                await send({"type": "websocket.close", "code": 1012})
                return
            prefix = "websocket."
        headers = [(b"retry-after", b"1"), (b"content-length", b"0")]
        await send({"type": f"{prefix}http.response.start", "status": 503, "headers": headers})
        await send({"type": f"{prefix}http.response.body", "body": b""})


class _EmbeddedServer(uvicorn.Server):
    """A server within a process that handles its signals itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave the signals alone."""
        yield


@contextlib.asynccontextmanager
async def serving_health(health: Health, bind: Bind) -> AsyncIterator[None]:
    """Serve health and metrics at `bind` beside what the block does, in its event loop; the block owns the signals."""
    server = _EmbeddedServer(server_config(health.app(), bind))
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
            await asyncio.sleep(_POLL_S / 10)
        try:
            yield
        finally:
            server.should_exit = True
