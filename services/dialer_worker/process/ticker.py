"""Wakes what is due: claims it in Redis, by Redis's clock, and enqueues one job each. Any number of copies may run."""

import asyncio
import contextlib
import time
from datetime import datetime
from secrets import token_urlsafe
from typing import Protocol

import structlog

from shared.core.errors import StoreUnavailableError
from shared.store import DialGrant, DialWait

TICK_S = 0.1
_AWAY_PAUSE_S = 0.5
_MOST_AT_A_TIME = 25  # calls, and as many that need care: each has its turn
MOST_JOBS_WAITING = 50  # a job that waits for longer than its lease is claimed once more, and then two wait

_log = structlog.get_logger(__name__)


class DueWork(Protocol):
    """What is due (the store's `Due`)."""

    async def admit(self, nonce: str) -> DialGrant | DialWait:
        """Take the next call in turn."""
        ...

    async def claim_upkeep(self, limit: int = ...) -> list[str]:
        """Take what needs care."""
        ...


class DueDeliveries(Protocol):
    """What is to be delivered to shops (the store's `Deliveries`)."""

    async def claim(self, most_open: int) -> list[str]:
        """Take endpoints that are due."""
        ...


class WakeUps(Protocol):
    """The queue to the workers (the store's `DialQueue`). Its calls block."""

    def enqueue_dial(self, confirmation_id: str) -> None:
        """Have a worker place the call that was granted."""
        ...

    def enqueue_attend(self, confirmation_id: str) -> None:
        """Have a worker take care of the confirmation."""
        ...

    def enqueue_deliver(self, endpoint_id: str) -> None:
        """Have a worker deliver to the endpoint."""
        ...

    def depth(self) -> int:
        """Return how many jobs wait."""
        ...


class Clock(Protocol):
    """Redis's clock (the store)."""

    async def now(self) -> datetime:
        """Return the present moment."""
        ...


class Ticker:
    """Moves what is due into the queue, until it is cancelled. `last_tick_at` is by the monotonic clock.

    `most_deliveries` endpoints are delivered to at once: less than there are workers, so that calls never wait for a shop's server.
    """

    def __init__(self, *, due: DueWork, deliveries: DueDeliveries, most_deliveries: int, queue: WakeUps, clock: Clock) -> None:
        self._due = due
        self._deliveries = deliveries
        self._most_deliveries = most_deliveries
        self._queue = queue
        self._clock = clock
        self._nonce = token_urlsafe(12)
        self._is_away = False
        self.last_tick_at = time.monotonic()

    async def run(self, news: asyncio.Event) -> None:
        """Tick for ever: when something is due, when `news` says that something has become so, and now and then anyway."""
        while True:
            news.clear()
            try:
                pause_s = await self.tick()
            except StoreUnavailableError as error:
                self._note_away(str(error))
                pause_s = _AWAY_PAUSE_S
            else:
                self._note_back()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await news.wait()

    async def tick(self) -> float:
        """Enqueue what is due now; return how many seconds to wait.

        Raises:
            StoreUnavailableError: Redis is away. What was granted and not enqueued is granted again.
        """
        if await asyncio.to_thread(self._queue.depth) >= MOST_JOBS_WAITING:
            return TICK_S
        for confirmation_id in await self._due.claim_upkeep(_MOST_AT_A_TIME):
            await asyncio.to_thread(self._queue.enqueue_attend, confirmation_id)
        for endpoint_id in await self._deliveries.claim(self._most_deliveries):
            await asyncio.to_thread(self._queue.enqueue_deliver, endpoint_id)
        for _ in range(_MOST_AT_A_TIME):
            match await self._due.admit(self._nonce):
                case DialGrant(confirmation_id=confirmation_id):
                    await asyncio.to_thread(self._queue.enqueue_dial, confirmation_id)
                    self._nonce = token_urlsafe(12)
                case DialWait(until=until):
                    return await self._pause_s(until)
        return 0.0

    async def _pause_s(self, until: datetime | None) -> float:
        if until is None:
            return TICK_S
        return min(max((until - await self._clock.now()).total_seconds(), 0.001), TICK_S)

    def _note_away(self, reason: str) -> None:
        if not self._is_away:
            _log.warning("ticker_lost_redis", reason=reason)
        self._is_away = True

    def _note_back(self) -> None:
        self.last_tick_at = time.monotonic()
        if self._is_away:
            _log.info("ticker_found_redis")
        self._is_away = False
