"""Claims in Redis what is due, by Redis's clock, and enqueues one job for each. Any number of tickers may run."""

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
_PAUSE_WITHOUT_REDIS_S = 0.5
_MAX_CLAIMS_PER_TICK = 25  # of calls, and as many of reconciliations, so that neither waits for a long queue of the other
MAX_JOBS_WAITING = 50  # with more, a job waits longer than its lease, is claimed once more, and then stands in the queue twice

_log = structlog.get_logger(__name__)


class DueWork(Protocol):
    """The calls and the reconciliations that are due (the store's `Due`)."""

    async def admit(self, nonce: str) -> DialGrant | DialWait:
        """Grant the next call, or say how long to wait. The same nonce gets the same grant again."""
        ...

    async def claim_reconciliations(self, limit: int = ...) -> list[str]:
        """Claim confirmations that are due to be reconciled."""
        ...


class DueDeliveries(Protocol):
    """The endpoints that are due for deliveries (the store's `Deliveries`)."""

    async def claim(self, most_open: int) -> list[str]:
        """Claim endpoints that are due, so that at most `most_open` are claimed in all."""
        ...


class JobQueue(Protocol):
    """The queue to the workers (the store's `DialQueue`). Its methods block."""

    def enqueue_dial(self, confirmation_id: str) -> None:
        """Enqueue the job that places a granted call."""
        ...

    def enqueue_reconciliation(self, confirmation_id: str) -> None:
        """Enqueue the job that reconciles a confirmation."""
        ...

    def enqueue_deliver(self, endpoint_id: str) -> None:
        """Enqueue the job that delivers to an endpoint."""
        ...

    def depth(self) -> int:
        """Return how many jobs wait."""
        ...


class Clock(Protocol):
    """Redis's clock (the store's `now`)."""

    async def now(self) -> datetime:
        """Return the present moment."""
        ...


class Ticker:
    """Enqueues what is due until it is cancelled. `last_tick_at` is a time of the monotonic clock.

    At most `max_deliveries` endpoints are delivered to at once. It is less than the number of workers, so that calls never
    wait for a shop's server.
    """

    def __init__(self, *, due: DueWork, deliveries: DueDeliveries, max_deliveries: int, queue: JobQueue, clock: Clock) -> None:
        self._due = due
        self._deliveries = deliveries
        self._max_deliveries = max_deliveries
        self._queue = queue
        self._clock = clock
        self._nonce = token_urlsafe(12)
        self._is_redis_away = False
        self.last_tick_at = time.monotonic()

    async def run(self, due_now: asyncio.Event) -> None:
        """Tick until cancelled: when the next item is due, when `due_now` is set, and at least every `TICK_S` seconds."""
        while True:
            due_now.clear()
            try:
                pause_s = await self.tick()
            except StoreUnavailableError as error:
                self._record_redis_lost(str(error))
                pause_s = _PAUSE_WITHOUT_REDIS_S
            else:
                self._record_tick()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await due_now.wait()

    async def tick(self) -> float:
        """Enqueue what is due now; return how many seconds to wait before the next tick.

        Raises:
            StoreUnavailableError: Redis is away. A call that was granted and not enqueued is granted again.
        """
        if await asyncio.to_thread(self._queue.depth) >= MAX_JOBS_WAITING:
            return TICK_S
        for confirmation_id in await self._due.claim_reconciliations(_MAX_CLAIMS_PER_TICK):
            await asyncio.to_thread(self._queue.enqueue_reconciliation, confirmation_id)
        for endpoint_id in await self._deliveries.claim(self._max_deliveries):
            await asyncio.to_thread(self._queue.enqueue_deliver, endpoint_id)
        for _ in range(_MAX_CLAIMS_PER_TICK):
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

    def _record_redis_lost(self, reason: str) -> None:
        if not self._is_redis_away:
            _log.warning("ticker_lost_redis", reason=reason)
        self._is_redis_away = True

    def _record_tick(self) -> None:
        self.last_tick_at = time.monotonic()
        if self._is_redis_away:
            _log.info("ticker_found_redis")
        self._is_redis_away = False
