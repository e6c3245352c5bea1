"""uvicorn as our processes run it: after SIGTERM requests in hand end, and a process without a web API serves its health.

Source: uvicorn 0.54 `server.py`: without this, it raises the signal again at the end, so that the process exits with -15
instead of 0.
"""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Generator
from socket import socket
from types import FrameType

import structlog
import uvicorn
from starlette.types import ASGIApp

from shared.runtime.health import Health
from shared.runtime.http_limits import KEEP_ALIVE_S, limited_protocol
from shared.settings.parsers import Bind

log = structlog.get_logger()

_POLL_S = 0.005
_LONGEST_DRAIN_S = 5  # every request is answered within this time


def server_config(app: ASGIApp, bind: Bind) -> uvicorn.Config:
    """Return uvicorn's settings for all our processes: our logging, no access log, no WebSockets."""
    return uvicorn.Config(
        app,
        host=bind.host,
        port=bind.port,
        http=limited_protocol(),
        timeout_keep_alive=KEEP_ALIVE_S,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=_LONGEST_DRAIN_S,
    )


class DrainServer(uvicorn.Server):
    """A server that drains at the first SIGTERM or SIGINT and ends at the second; `run()` and `serve()` return in each case.

    While it drains it accepts no connections, the listeners of `health.on_drain` are called, and requests in hand may end
    within `drain_timeout_s`, but 5 s at most.
    """

    def __init__(self, config: uvicorn.Config, *, health: Health, drain_timeout_s: float) -> None:
        config.timeout_graceful_shutdown = math.ceil(min(drain_timeout_s, _LONGEST_DRAIN_S))
        super().__init__(config)
        self._health = health

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler's signature
        """Drain at the first signal, end at the second. Unlike uvicorn's, a second SIGTERM ends the server, too."""
        self._health.start_draining()
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Let requests in hand end and close the server."""
        self._health.start_draining()
        self._health.tell_draining()
        log.info("drain_started", in_hand=len(self.server_state.tasks))
        await super().shutdown(sockets)
        log.info("drain_ended", in_hand=len(self.server_state.tasks))


class _EmbeddedServer(uvicorn.Server):
    """A server within a process that handles its signals itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Install no signal handlers."""
        yield


@contextlib.asynccontextmanager
async def serving_health(health: Health, bind: Bind) -> AsyncIterator[None]:
    """Serve health and metrics at `bind`, in the block's event loop, until the block ends. The block handles the signals."""
    server = _EmbeddedServer(server_config(health.app(), bind))
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
            await asyncio.sleep(_POLL_S)
        try:
            yield
        finally:
            server.should_exit = True
