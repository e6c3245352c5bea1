"""How many requests a key may make: counted over all processes, and asked of Redis only once for a handful of requests."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from limits import RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from shared.settings.parsers import Rate
from shared.store.redis.connection import Client, translated

_HANDFULS = 100  # a window's requests are taken in so many handfuls: so much of a limit may be left unused at most
_MOST_IN_HAND = 100
_REFUSE_S = 1.0  # for so long at most a refusal is repeated without asking again


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether a request may be made, how many more may follow, and in how many seconds there will be more."""

    is_allowed: bool
    remaining: int
    more_in_s: float


@dataclass(slots=True)
class _Purse:
    """What one key has in hand in this process."""

    in_hand: int = 0
    remaining: int = 0
    more_at: float = 0.0
    spoils_at: float = 0.0
    refused_until: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class RateLimits:
    """One rate for every name. What a process has in hand it gives out without Redis; another process can't use it."""

    def __init__(self, client: Client, rate: Rate, *, clock: Callable[[], float] = time.monotonic) -> None:
        storage = RedisStorage("async+redis://", implementation="redispy", connection_pool=client.connection_pool)
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._item = RateLimitItemPerSecond(rate.requests, rate.window_s)
        self._rate = rate
        self._handful = min(max(rate.requests // _HANDFULS, 1), _MOST_IN_HAND)
        self._purses: dict[str, _Purse] = {}
        self._clock = clock

    async def take(self, name: str) -> Allowance:
        """Take one request out of what `name` may make.

        Raises:
            StoreUnavailableError: Redis is away, and nothing is in hand.
        """
        purse = self._purses.setdefault(name, _Purse())
        if not self._is_ready(purse):
            async with purse.lock:
                if not self._is_ready(purse):
                    await self._refill(name, purse)
        now = self._clock()
        more_in_s = max(purse.more_at - now, 0.0)
        if now < purse.refused_until or purse.in_hand == 0:
            return Allowance(is_allowed=False, remaining=0, more_in_s=more_in_s)
        purse.in_hand -= 1
        return Allowance(is_allowed=True, remaining=purse.remaining + purse.in_hand, more_in_s=more_in_s)

    def _is_ready(self, purse: _Purse) -> bool:
        """Tell whether the answer is known without asking Redis."""
        now = self._clock()
        return now < purse.refused_until or (purse.in_hand > 0 and now < purse.spoils_at)

    async def _refill(self, name: str, purse: _Purse) -> None:
        async with translated():
            taken = await self._take_some(name)
            stats = await self._limiter.get_window_stats(self._item, name)
        now = self._clock()
        purse.in_hand, purse.remaining = taken, stats.remaining
        purse.more_at = now + min(max(stats.reset_time - time.time(), 0.0), self._rate.window_s)
        purse.spoils_at = now + self._rate.window_s
        purse.refused_until = now + min(_REFUSE_S, purse.more_at - now) if taken == 0 else 0.0

    async def _take_some(self, name: str) -> int:
        """Take a handful where there is one, else a single one."""
        for cost in dict.fromkeys((self._handful, 1)):
            if await self._limiter.hit(self._item, name, cost=cost):
                return cost
        return 0
