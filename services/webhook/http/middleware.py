"""The outermost layer: a request id, one log line and one count a request, and every error as a problem."""

import re
import secrets
import time
from dataclasses import dataclass, field
from functools import cache, partial

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.webhook.http.problems import ProblemError, ProblemKind
from shared.core.errors import ConfirmerError, NotFoundError, StoreUnavailableError
from shared.runtime.health import PATHS, Health
from shared.store import set_time_budget

log = structlog.get_logger()

STORE_LIMIT_S = 1.5  # for all that one request asks of the store: who waits longer is better told to come again
REQUEST_ID_HEADER = "x-request-id"
HEADERS = "headers"  # in the scope's state: what the answer carries beside its own, also where it is a problem
_RETRY_AFTER_S = "1"
_OWN_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_LETTERS = str.maketrans("0123456789", "ghjkmnpqrs")  # no digits, which could look like somebody's number
_UNMATCHED = "unmatched"
_CLIENT_GONE = 499
_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


@dataclass(slots=True)
class _Exchange:
    """One request and what became of it; `headers` are those that its answer carries beside its own."""

    request_id: str
    headers: list[tuple[bytes, bytes]]
    began_at: float = field(default_factory=time.perf_counter)
    status: int | None = None
    error: str | None = None


class Edge:
    """Middleware around everything that this process serves; a `caller` in the scope's state, whom auth put there, is logged."""

    def __init__(self, app: ASGIApp, *, registry: CollectorRegistry, health: Health) -> None:
        self._app = app
        self._health = health
        self._requests = Counter("http_requests", "Requests answered.", ["route", "method", "status"], registry=registry)
        self._seconds = Histogram(
            "http_request_seconds", "Time to the end of the answer.", ["route"], buckets=_BUCKETS_S, registry=registry
        )
        self._count = cache(lambda route, method, status: self._requests.labels(route, method, str(status)))
        self._time = cache(self._seconds.labels)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        set_time_budget(STORE_LIMIT_S)
        request_id = _request_id(scope)
        exchange = _Exchange(request_id, [(REQUEST_ID_HEADER.encode(), request_id.encode())])
        scope["app"] = self  # the router then raises its 404 instead of answering with plain text
        scope["state"] = {**scope.get("state", {}), "request_id": request_id, HEADERS: exchange.headers}
        answer = partial(_send, exchange, send)
        try:
            await self._serve(exchange, scope, receive, answer)
        finally:
            self._account(exchange, scope)

    async def _serve(self, exchange: _Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._refuse_while_draining(scope)
            await self._app(scope, receive, send)
        except ClientDisconnect:
            exchange.status = _CLIENT_GONE
        except (ProblemError, NotFoundError, HTTPException, StoreUnavailableError) as error:
            problem = _problem(error)
            exchange.error = str(error) if isinstance(error, StoreUnavailableError) else problem.kind.code
            await _refuse(exchange, problem)(scope, receive, send)
        except Exception:  # outermost: a fault of ours is told as such, and the process goes on
            log.exception("request_failed", request_id=exchange.request_id)
            exchange.error = "unexpected"
            problem = ProblemError(ProblemKind.INTERNAL_ERROR, "The fault is in our log under this request_id.")
            await _refuse(exchange, problem)(scope, receive, send)

    def _refuse_while_draining(self, scope: Scope) -> None:
        if self._health.is_draining and scope["path"] not in PATHS:
            raise _away(ProblemKind.DRAINING, "This process is about to stop; repeat the request.")

    def _account(self, exchange: _Exchange, scope: Scope) -> None:
        route = getattr(scope.get("route"), "path", _UNMATCHED)
        method = scope["method"] if route != _UNMATCHED else "any"  # an unknown word must not become a label
        status = exchange.status or _CLIENT_GONE
        seconds = time.perf_counter() - exchange.began_at
        self._count(route, method, status).inc()
        self._time(route).observe(seconds)
        if route in PATHS and not exchange.error:
            return
        log.info(
            "request_answered",
            request_id=exchange.request_id,
            route=route,
            method=method,
            status=status,
            duration_ms=round(seconds * 1000, 1),
            shop=getattr(scope["state"].get("caller"), "shop", None),
            error=exchange.error,
        )


async def _send(exchange: _Exchange, send: Send, message: Message) -> None:
    if message["type"] == "http.response.start":
        exchange.status = message["status"]
        message["headers"] = [*message.get("headers", ()), *exchange.headers]
    await send(message)


def _problem(error: ConfirmerError | HTTPException) -> ProblemError:
    match error:
        case ProblemError():
            return error
        case StoreUnavailableError():
            return _away(ProblemKind.STORE_UNAVAILABLE, "Redis is away; repeat the request.")
        case _:
            return ProblemError(ProblemKind.NOT_FOUND, "There is nothing under this path.")


def _refuse(exchange: _Exchange, problem: ProblemError) -> ASGIApp:
    """Return the answer; nothing where an answer has begun already."""
    return _nothing if exchange.status is not None else problem.response(exchange.request_id)


async def _nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Answer nothing."""


def _request_id(scope: Scope) -> str:
    """Return the id that the client or a proxy gave the request, where it is a plain one, else a new one."""
    for name, value in scope["headers"]:
        if name == REQUEST_ID_HEADER.encode() and _OWN_ID.fullmatch(value):
            return str(value.decode("ascii"))
    return f"req_{secrets.token_hex(13).translate(_LETTERS)}"


def _away(kind: ProblemKind, detail: str) -> ProblemError:
    return ProblemError(kind, detail, headers={"retry-after": _RETRY_AFTER_S})
