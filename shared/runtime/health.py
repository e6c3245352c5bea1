"""Liveness, readiness and metrics over HTTP, the same for every process."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.core.errors import ConfirmerError
from shared.runtime.metrics import expose

CHECK_TIMEOUT_S = 1.0
DRAINING = "draining"
PATHS = frozenset({"/healthz", "/readyz", "/metrics"})

Probe = Callable[[], Awaitable[str | None]]
"""Returns None if all is well, else the reason; a `ConfirmerError`, an `OSError` or a time-out is a reason, too."""


@dataclass(slots=True)
class Health:
    """Serves the health of one process. `checks` are its needs by name; each request for `/readyz` runs them."""

    registry: CollectorRegistry
    checks: Sequence[tuple[str, Probe]] = ()
    check_timeout_s: float = CHECK_TIMEOUT_S
    is_draining: bool = field(default=False, init=False)
    _listeners: list[Callable[[], None]] = field(default_factory=list, init=False)

    def start_draining(self) -> None:
        """Report the process as not ready from now on. May be called from a signal handler."""
        self.is_draining = True

    def on_drain(self, listener: Callable[[], None]) -> None:
        """Have `listener` called, in the event loop, when the drain begins, so that it ends what would not end by itself."""
        self._listeners.append(listener)

    def tell_draining(self) -> None:
        """Call the listeners of `on_drain`, each once. Must be called in the event loop."""
        while self._listeners:
            self._listeners.pop()()

    async def reasons(self) -> Mapping[str, str]:
        """Return why the process is not ready, by check; empty if it is ready."""
        async with asyncio.TaskGroup() as group:
            tasks = {name: group.create_task(self._run_check(probe)) for name, probe in self.checks}
        found = {name: reason for name, task in tasks.items() if (reason := task.result()) is not None}
        return found | ({"process": DRAINING} if self.is_draining else {})

    def routes(self) -> list[Route]:
        """Return `/healthz`, `/readyz` and `/metrics`."""
        return [
            Route("/healthz", self._healthz),
            Route("/readyz", self._readyz),
            Route("/metrics", self._metrics),
        ]

    def app(self) -> Starlette:
        """Return an application with these routes alone, for a process that serves nothing else."""
        return Starlette(routes=self.routes())

    async def _run_check(self, probe: Probe) -> str | None:
        try:
            async with asyncio.timeout(self.check_timeout_s):
                return await probe()
        except TimeoutError:
            return f"no answer within {self.check_timeout_s:g} s"
        except (ConfirmerError, OSError) as error:
            return type(error).__name__

    async def _healthz(self, _request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def _readyz(self, _request: Request) -> Response:
        reasons = await self.reasons()
        if not reasons:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not_ready", "reasons": dict(reasons)}, 503, {"Retry-After": "1"})

    async def _metrics(self, request: Request) -> Response:
        body, content_type = expose(self.registry, request.headers.get("accept", ""))
        return Response(body, headers={"Content-Type": content_type})
