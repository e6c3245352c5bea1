"""The connection to Redis: the forms of REDIS_URL, how long an operation may take, and Redis's errors as our own."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import RedisError

from shared.core.errors import StoreUnavailableError

Client: TypeAlias = Any  # Any: redis-py types each reply as all that any client could get; ours are bytes, parsed by the caller

Reply = TypeVar("Reply")

TOTAL_LIMIT_S = 6.0  # for one operation of the store, tries and pauses included
_UNANSWERED_S = 2.0  # if the network acknowledges nothing for this long, another connection is tried
_MAX_CONNECTIONS = 1_000  # with redis-py's own limit of 100, the 101st operation at once fails as if Redis were away
SENTINEL_LIMITS = {"socket_timeout": 1.0, "socket_connect_timeout": 1.0}


class NoRetry(Retry):
    """Raises the first error. redis-py's other policies, also those with no retries, reconnect before they raise."""

    def __init__(self) -> None:
        super().__init__(NoBackoff(), retries=0)

    async def call_with_retry(
        self,
        do: Callable[[], Awaitable[Reply]],
        fail: Callable[..., Any],  # noqa: ARG002  # Any: redis-py takes two kinds of callback, neither is called here
        is_retryable: Callable[[Exception], bool] | None = None,  # noqa: ARG002 - redis-py's signature
        with_failure_count: bool = False,  # noqa: ARG002, FBT001, FBT002 - redis-py's signature
    ) -> Reply:
        """Run `do` once."""
        return await do()


def options(*, is_tcp: bool = True) -> dict[str, Any]:  # Any: redis-py's keyword arguments of many types
    """Return the settings of every connection. Retries are harmless: each write recognises its own repeat.

    There is no `socket_timeout`, because redis-py would then start a task for each sending and a timer for each reply (an eighth
    of the cost of a single order). `translated` alone limits how long an operation takes; the kernel notices a lost peer.
    """
    return {
        "socket_timeout": None,
        "socket_connect_timeout": 1.0,
        **({"socket_keepalive_options": _keepalive()} if is_tcp else {}),
        "health_check_interval": 0,
        "driver_info": None,  # no CLIENT SETINFO: users.acl does not allow it, and servers before 7.2 do not know it
        "max_connections": _MAX_CONNECTIONS,
        "retry": Retry(ExponentialBackoff(cap=0.4, base=0.05), retries=3),
    }


def _keepalive() -> dict[int, int]:
    """Return the kernel's options for a silent peer: seconds until the first probe, between probes, how many; and `_UNANSWERED_S`.

    Source: Linux, tcp(7). An option that the system lacks is left out.
    """
    wanted = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 1, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": int(_UNANSWERED_S * 1000)}
    return {getattr(socket, name): value for name, value in wanted.items() if hasattr(socket, name)}


def open_client(redis_url: str, *, retry: Retry | None = None) -> Client:
    """Return a client that connects at its first use, and retries as `options` says or by `retry`.

    `redis://`, `rediss://`, `unix://`, or `redis+sentinel://[user:password@]host:port,host:port/service[/db]`, with
    `?sentinel_username=…&sentinel_password=…` if the sentinels want a login of their own (`rediss+sentinel` takes TLS to both).
    """
    settings = options(is_tcp=not redis_url.startswith("unix://")) | ({} if retry is None else {"retry": retry})
    if not is_sentinel(redis_url):
        return Redis.from_url(redis_url, **settings)
    group = sentinel_group(redis_url)
    sentinel: Client = Sentinel(  # type: ignore[no-untyped-call]
        group.hosts, sentinel_kwargs={**SENTINEL_LIMITS, **group.sentinel_login}, **settings
    )
    return sentinel.master_for(group.service, db=group.db, **group.server_login)


async def close_client(client: Client) -> None:
    """Close all connections, those to the sentinels too."""
    pool = client.connection_pool
    await client.aclose()
    await pool.disconnect()
    for sentinel in getattr(getattr(pool, "sentinel_manager", None), "sentinels", ()):
        await sentinel.aclose()


def is_sentinel(redis_url: str) -> bool:
    """Tell whether the URL names sentinels instead of a server."""
    return redis_url.startswith(("redis+sentinel://", "rediss+sentinel://"))


@dataclass(frozen=True, slots=True)
class SentinelGroup:
    """What a Sentinel URL names; the logins are redis-py's arguments for connections to the server and to the sentinels."""

    hosts: list[tuple[str, int]]
    service: str
    db: int
    server_login: dict[str, Any]  # Any: redis-py's keyword arguments, texts and `ssl`
    sentinel_login: dict[str, Any]  # Any: the same


def sentinel_group(redis_url: str) -> SentinelGroup:
    """Return what a Sentinel URL names.

    Raises:
        ValueError: The URL names no sentinel or no service.
    """
    parts = urlsplit(redis_url)
    login, _, places = parts.netloc.rpartition("@")
    hosts = [(host, int(port or 26379)) for host, _, port in (place.partition(":") for place in places.split(","))]
    service, _, db = parts.path.strip("/").partition("/")
    if not service or not all(host for host, _ in hosts):
        raise ValueError("a Sentinel URL reads redis+sentinel://host:port,host:port/service/db")
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    user, _, password = login.partition(":")
    tls = {"ssl": True} if parts.scheme == "rediss+sentinel" else {}
    return SentinelGroup(
        hosts=hosts,
        service=service,
        db=int(db or query.get("db", "0")),
        server_login={**_login(unquote(user), unquote(password)), **tls},
        sentinel_login={**_login(query.get("sentinel_username", ""), query.get("sentinel_password", "")), **tls},
    )


def _login(user: str, password: str) -> dict[str, str]:
    return {name: value for name, value in (("username", user), ("password", password)) if value}


@dataclass(slots=True)
class _TimeBudget:
    left_s: float


_time_budget: ContextVar[_TimeBudget | None] = ContextVar("time_budget", default=None)


def set_time_budget(seconds: float | None) -> None:
    """Limit how long all operations together take that the current task, and tasks it starts, ask of the store from now on.

    None removes the limit.
    """
    _time_budget.set(None if seconds is None else _TimeBudget(seconds))


@asynccontextmanager
async def translated(limit_s: float = TOTAL_LIMIT_S) -> AsyncIterator[None]:
    """Limit the operation inside to `limit_s`, or to what is left of the time budget; raise Redis's errors as ours.

    Raises:
        StoreUnavailableError: Redis was away, or it took too long.
    """
    before, budget, began = cancellations(), _time_budget.get(), time.monotonic()
    try:
        async with asyncio.timeout(limit_s if budget is None else min(limit_s, budget.left_s)):
            yield
    except (RedisError, OSError, TimeoutError) as error:
        raise_swallowed(before)
        raise StoreUnavailableError(f"redis: {type(error).__name__}") from error
    finally:
        if budget is not None:
            budget.left_s -= time.monotonic() - began
    raise_swallowed(before)


def cancellations() -> int:
    """Return how often the current task has been cancelled."""
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


def raise_swallowed(before: int) -> None:
    """Raise a cancellation that came since `before` and was swallowed by a library.

    On connections with a time limit of their own, such as those to the sentinels, redis-py sends with `asyncio.wait_for`. In
    Python 3.11 that loses a cancellation that comes at the moment when the sending is done; a task that loops would never end.
    """
    if cancellations() > before:
        raise asyncio.CancelledError
