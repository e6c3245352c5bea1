"""The outermost layer: each request gets an id, one log line and one count; each error becomes a problem."""

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

from services.webhook.http.exception_problems import problem_of, try_again
from services.webhook.http.host import check_host
from services.webhook.http.problems import ProblemError, ProblemKind
from shared.core.errors import NotFoundError, StoreUnavailableError
from shared.runtime.health import PATHS, Health
from shared.store import set_time_budget

log = structlog.get_logger()

STORE_LIMIT_S = 1.5  # for all store calls of one request: a client that would wait longer is told to try again
REQUEST_ID_HEADER = "x-request-id"
HEADERS = "headers"  # in the scope's state: headers that the response gets beside its own, also if it is a problem
_GIVEN_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_LETTERS = str.maketrans("0123456789", "ghjkmnpqrs")  # no digits, which could look like somebody's number
_UNMATCHED = "unmatched"
_CLIENT_CLOSED = 499
_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


@dataclass(slots=True)
class _Exchange:
    """One request and its response; `headers` are those that the response gets beside its own.

    `request_id` is what the client is answered. It may be the client's own word, and `log_id` stands in the log for it until the
    client is known to be a shop.
    """

    request_id: str
    log_id: str
    headers: list[tuple[bytes, bytes]]
    began_at: float = field(default_factory=time.perf_counter)
    status: int | None = None
    error: str | None = None


class RequestMiddleware:
    """Middleware around all that this process serves. It logs the shop of the `caller` in the scope's state, if there is one."""

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
        log_id = _new_id()
        request_id = _given_id(scope) or log_id
        exchange = _Exchange(request_id, log_id, [(REQUEST_ID_HEADER.encode(), request_id.encode())])
        scope["app"] = self  # the router then raises a 404 instead of answering with plain text
        scope["state"] = {**scope.get("state", {}), "request_id": request_id, HEADERS: exchange.headers}
        sending = partial(_send, exchange, send)
        try:
            await self._serve(exchange, scope, receive, sending)
        finally:
            self._account(exchange, scope)

    async def _serve(self, exchange: _Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._refuse_while_draining(scope)
            check_host(scope["headers"])
            await self._app(scope, receive, send)
        except ClientDisconnect:
            exchange.status = _CLIENT_CLOSED
        except (ProblemError, NotFoundError, HTTPException, StoreUnavailableError) as error:
            problem = problem_of(error)
            exchange.error = str(error) if isinstance(error, StoreUnavailableError) else problem.kind.code
            await _refuse(exchange, problem)(scope, receive, send)
        except Exception:  # outermost: the client is answered with a 500, and the process goes on
            log.exception("request_failed", request_id=_logged_id(exchange, scope))
            exchange.error = "unexpected"
            problem = ProblemError(ProblemKind.INTERNAL_ERROR, "The fault is in our log under this request_id.")
            await _refuse(exchange, problem)(scope, receive, send)

    def _refuse_while_draining(self, scope: Scope) -> None:
        if self._health.is_draining and scope["path"] not in PATHS:
            raise try_again(ProblemKind.DRAINING, "This process is about to stop; repeat the request.")

    def _account(self, exchange: _Exchange, scope: Scope) -> None:
        route = getattr(scope.get("route"), "path", _UNMATCHED)
        method = scope["method"] if route != _UNMATCHED else "any"  # a method that nobody knows must not become a label
        status = exchange.status or _CLIENT_CLOSED
        seconds = time.perf_counter() - exchange.began_at
        self._count(route, method, status).inc()
        self._time(route).observe(seconds)
        if route in PATHS and not exchange.error:
            return
        log.info(
            "request_answered",
            request_id=_logged_id(exchange, scope),
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


def _refuse(exchange: _Exchange, problem: ProblemError) -> ASGIApp:
    """Return the problem as a response; no response if one has begun already."""
    return _nothing if exchange.status is not None else problem.response(exchange.request_id)


async def _nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Send nothing."""


def _logged_id(exchange: _Exchange, scope: Scope) -> str:
    """Return the id for the log: no word of a client whose key is not known, for the log would hold whatever strangers send."""
    return exchange.request_id if "caller" in scope["state"] else exchange.log_id


def _given_id(scope: Scope) -> str | None:
    """Return the id that the client or a proxy gave the request, if it is well-formed."""
    for name, value in scope["headers"]:
        if name == REQUEST_ID_HEADER.encode() and _GIVEN_ID.fullmatch(value):
            return str(value.decode("ascii"))
    return None


def _new_id() -> str:
    return f"req_{secrets.token_hex(13).translate(_LETTERS)}"
