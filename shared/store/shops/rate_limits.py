"""How many requests an API key may make. Redis counts over all processes, and is asked only once for a batch of requests."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from limits import RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from shared.settings.parsers import Rate
from shared.store.redis.connection import Client, translated

_BATCHES_PER_WINDOW = 100  # at most this share of a limit may be left unused by each process
_MAX_BATCH = 100
_REFUSE_S = 1.0  # the longest time for which a refusal is repeated without asking again


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether a request may be made, how many more may follow, and in how many seconds more are allowed."""

    is_allowed: bool
    remaining: int
    more_in_s: float


@dataclass(slots=True)
class _LocalQuota:
    """The requests that this process has taken from Redis for one key, and may give out without asking again."""

    left: int = 0
    remaining: int = 0
    more_at: float = 0.0
    expires_at: float = 0.0
    refused_until: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class RateLimits:
    """One rate for every name. What a process has taken it gives out without Redis; no other process can use that."""

    def __init__(self, client: Client, rate: Rate, *, clock: Callable[[], float] = time.monotonic) -> None:
        storage = RedisStorage("async+redis://", implementation="redispy", connection_pool=client.connection_pool)
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._item = RateLimitItemPerSecond(rate.requests, rate.window_s)
        self._rate = rate
        self._batch = min(max(rate.requests // _BATCHES_PER_WINDOW, 1), _MAX_BATCH)
        self._quotas: dict[str, _LocalQuota] = {}
        self._clock = clock

    async def take(self, name: str) -> Allowance:
        """Count one request of `name`, if it is allowed.

        Raises:
            StoreUnavailableError: Redis is away, and this process has none left.
        """
        quota = self._quotas.setdefault(name, _LocalQuota())
        if not self._is_ready(quota):
            async with quota.lock:
                if not self._is_ready(quota):
                    await self._refill(name, quota)
        now = self._clock()
        more_in_s = max(quota.more_at - now, 0.0)
        if now < quota.refused_until or quota.left == 0:
            return Allowance(is_allowed=False, remaining=0, more_in_s=more_in_s)
        quota.left -= 1
        return Allowance(is_allowed=True, remaining=quota.remaining + quota.left, more_in_s=more_in_s)

    def _is_ready(self, quota: _LocalQuota) -> bool:
        """Tell whether the answer is known without asking Redis."""
        now = self._clock()
        return now < quota.refused_until or (quota.left > 0 and now < quota.expires_at)

    async def _refill(self, name: str, quota: _LocalQuota) -> None:
        async with translated():
            taken = await self._take_some(name)
            stats = await self._limiter.get_window_stats(self._item, name)
        now = self._clock()
        quota.left, quota.remaining = taken, stats.remaining
        quota.more_at = now + min(max(stats.reset_time - time.time(), 0.0), self._rate.window_s)
        quota.expires_at = now + self._rate.window_s
        quota.refused_until = now + min(_REFUSE_S, quota.more_at - now) if taken == 0 else 0.0

    async def _take_some(self, name: str) -> int:
        """Take a batch if the limit allows it, else a single request; return how many were taken."""
        for cost in dict.fromkeys((self._batch, 1)):
            if await self._limiter.hit(self._item, name, cost=cost):
                return cost
        return 0
