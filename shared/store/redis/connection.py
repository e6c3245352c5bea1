"""The way to Redis: what REDIS_URL may look like, how long anything may take, and Redis's errors as our own."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError

from shared.core.errors import StoreUnavailableError

# redis-py annotates each reply with all that any client could get; ours are bytes, and parsed where they come in.
Client: TypeAlias = Any

TOTAL_LIMIT_S = 6.0  # for one operation of the store, tries and pauses included
_UNANSWERED_S = 2.0  # what the network does not acknowledge for so long was not delivered: another connection is tried
_MOST_CONNECTIONS = 1_000  # redis-py's own limit is 100: the next one asking at the same time is refused, as if Redis were away
SENTINEL_LIMITS = {"socket_timeout": 1.0, "socket_connect_timeout": 1.0}


def options(*, is_tcp: bool = True) -> dict[str, Any]:
    """Return the settings of every connection. Replays are harmless: each write knows itself again.

    No `socket_timeout`: redis-py starts a task for each sending and a timer for each reply then (an eighth of what a lone
    order costs). How long an operation may take is said once, by `translated`; that a peer is gone, the kernel notices.
    """
    return {
        "socket_timeout": None,
        "socket_connect_timeout": 1.0,
        **({"socket_keepalive_options": _keepalive()} if is_tcp else {}),
        "health_check_interval": 0,
        "max_connections": _MOST_CONNECTIONS,
        "retry": Retry(ExponentialBackoff(cap=0.4, base=0.05), retries=3),
    }


def _keepalive() -> dict[int, int]:
    """Return what the kernel does about a silent peer: seconds until it asks, between questions, how many; and `_UNANSWERED_S`.

    Source: Linux, tcp(7); a system that lacks an option does without.
    """
    wanted = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 1, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": int(_UNANSWERED_S * 1000)}
    return {getattr(socket, name): value for name, value in wanted.items() if hasattr(socket, name)}


def open_client(redis_url: str) -> Client:
    """Return a client that connects at its first use.

    `redis://`, `rediss://`, `unix://`, or `redis+sentinel://[:password@]host:port,host:port/service[/db]`.
    """
    if not is_sentinel(redis_url):
        return Redis.from_url(redis_url, **options(is_tcp=not redis_url.startswith("unix://")))
    hosts, service, db, password = sentinel_parts(redis_url)
    sentinel: Any = Sentinel(hosts, sentinel_kwargs=SENTINEL_LIMITS, **options())  # type: ignore[no-untyped-call]
    return sentinel.master_for(service, db=db, password=password)


async def close_client(client: Client) -> None:
    """Close all connections, those to the sentinels too."""
    pool = client.connection_pool
    await client.aclose()
    await pool.disconnect()
    for sentinel in getattr(getattr(pool, "sentinel_manager", None), "sentinels", ()):
        await sentinel.aclose()


def is_sentinel(redis_url: str) -> bool:
    """Tell whether the URL names sentinels instead of a server."""
    return redis_url.startswith("redis+sentinel://")


def sentinel_parts(redis_url: str) -> tuple[list[tuple[str, int]], str, int, str | None]:
    """Return the sentinels, the service's name, the database and the password that a Sentinel URL names.

    Raises:
        ValueError: The URL names no sentinel or no service.
    """
    scheme, _, rest = redis_url.partition("://")
    parts = urlsplit(f"{scheme}://{rest}")
    login, _, places = parts.netloc.rpartition("@")
    hosts = [(host, int(port or 26379)) for host, _, port in (place.partition(":") for place in places.split(","))]
    service, _, db = parts.path.strip("/").partition("/")
    if not service or not all(host for host, _ in hosts):
        raise ValueError("a Sentinel URL reads redis+sentinel://host:port,host:port/service/db")
    db = db or parse_qs(parts.query).get("db", ["0"])[0]
    return hosts, service, int(db), unquote(login.partition(":")[2]) or None


@dataclass(slots=True)
class _Patience:
    left_s: float


_patience: ContextVar[_Patience | None] = ContextVar("patience", default=None)


def limit_patience(seconds: float | None) -> None:
    """Let all that the current task, and tasks it starts, ask of the store from now on take so long at most, taken together.

    None takes the limit away.
    """
    _patience.set(None if seconds is None else _Patience(seconds))


@asynccontextmanager
async def translated(limit_s: float = TOTAL_LIMIT_S) -> AsyncIterator[None]:
    """Limit what happens inside to `limit_s`, or what is left of the patience; raise what Redis raises as ours.

    Raises:
        StoreUnavailableError: Redis was away, or it took too long.
    """
    before, patience, began = cancellations(), _patience.get(), time.monotonic()
    try:
        async with asyncio.timeout(limit_s if patience is None else min(limit_s, patience.left_s)):
            yield
    except (RedisError, OSError, TimeoutError) as error:
        raise_swallowed(before)
        raise StoreUnavailableError(f"redis: {type(error).__name__}") from error
    finally:
        if patience is not None:
            patience.left_s -= time.monotonic() - began
    raise_swallowed(before)


def cancellations() -> int:
    """Return how often the current task has been asked to end."""
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


def raise_swallowed(before: int) -> None:
    """End the task where it has been asked to since, and was not told.

    Where a connection has a time limit of its own, as those to the sentinels have, redis-py sends with `asyncio.wait_for`,
    which in Python 3.11 loses a cancellation that comes in the moment in which the sending is done; a task that loops would
    then never end.
    """
    if cancellations() > before:
        raise asyncio.CancelledError
