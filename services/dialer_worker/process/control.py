"""The process that ticks and answers for the service: health, metrics and the ticker, beside the workers."""

import asyncio
import os
import signal
import time

import structlog

from services.dialer_worker.process.metrics import Figures
from services.dialer_worker.process.ticker import Ticker
from services.dialer_worker.settings import Settings
from shared.core.errors import StoreUnavailableError
from shared.runtime.health import Health
from shared.runtime.metrics import make_registry
from shared.runtime.uvicorn_server import serving_health
from shared.settings.dial_policy import dial_policy_from
from shared.store import Limits, Store, connect
from shared.store.dialing.dial_queue import DialQueue, open_sync_client

_SAMPLE_EVERY_S = 2.0
_TICK_IS_LATE_S = 15.0
_CHUNK = 65536
# A request leaves up to 2 s after its intent and is given up 10 s later; Twilio's list may lag. Less is for trials.
_SURE_AFTER_S = 30.0

_log = structlog.get_logger(__name__)


class Front:
    """One process's part. `figures_fd` is where the workers' counts arrive, `life_fd` ends with the parent process."""

    def __init__(self, settings: Settings, *, figures_fd: int, life_fd: int) -> None:
        self._settings = settings
        self._figures_fd = figures_fd
        self._life_fd = life_fd
        registry = make_registry("dialer_worker")
        self._figures = Figures(registry)
        self._queue = DialQueue(open_sync_client(settings.redis_url.get_secret_value()))
        self._store = _store(settings)
        self._ticker = Ticker(
            due=self._store.due,
            deliveries=self._store.deliveries,
            most_deliveries=max(1, settings.dialer_workers // 2),
            queue=self._queue,
            clock=self._store,
        )
        self._health = Health(
            registry,
            checks=(
                ("redis", self._redis_trouble),
                ("twilio", self._circuit_trouble),
                ("workers", self._worker_trouble),
                ("ticker", self._ticker_trouble),
            ),
        )
        self._drain = asyncio.Event()
        self._end = asyncio.Event()

    async def run(self) -> None:
        """Serve until the second SIGTERM (the first stops the ticker), or until the parent is gone."""
        self._listen()
        try:
            self._warn_of_haste()
            async with serving_health(self._health, self._settings.dialer_bind), asyncio.TaskGroup() as group:
                _log.info("dialer_started", workers=self._settings.dialer_workers)
                parts = (self._store.notifications.run(), self._tick(), self._sample(), self._check_redis())
                work = [group.create_task(part) for part in parts]
                await self._drain.wait()
                for task in work:
                    task.cancel()
                await self._end.wait()
        finally:
            await self._store.close()

    async def _tick(self) -> None:
        async with self._store.due_notifications() as news:
            await self._ticker.run(news)

    def _warn_of_haste(self) -> None:
        if self._settings.reconcile_after_s < _SURE_AFTER_S:
            _log.warning("reconcile_after_too_short", setting="RECONCILE_AFTER_S", limit=f"{_SURE_AFTER_S:g} s")

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop)
        os.set_blocking(self._figures_fd, False)
        loop.add_reader(self._figures_fd, self._take_figures)
        loop.add_reader(self._life_fd, self._stop_orphan)

    def _stop(self) -> None:
        if self._drain.is_set():
            self._end.set()
        self._health.start_draining()
        self._drain.set()

    def _stop_orphan(self) -> None:
        asyncio.get_running_loop().remove_reader(self._life_fd)
        self._stop()
        self._end.set()

    def _take_figures(self) -> None:
        lines = os.read(self._figures_fd, _CHUNK)
        if lines:
            self._figures.take(lines)
        else:
            asyncio.get_running_loop().remove_reader(self._figures_fd)

    async def _check_redis(self) -> None:
        """Warn of settings of Redis by which orders could be lost, once it can be asked."""
        while True:
            try:
                found = await self._store.warnings()
            except StoreUnavailableError:
                await asyncio.sleep(_SAMPLE_EVERY_S)
            else:
                for reason in found:
                    _log.warning("redis_setting_risky", reason=reason)
                return

    async def _sample(self) -> None:
        """Look at Redis now and then, so that a scrape costs nothing."""
        figures, store = self._figures, self._store
        while True:
            try:
                figures.queue_depth.set(await asyncio.to_thread(self._queue.depth))
                figures.calls_open.set(await store.due.calls_open())
                figures.note_due(await store.due.overdue())
                call_at, care_at = await store.due.next_call_at(), await store.due.next_upkeep_at()
                figures.note_ages(call_at=call_at, care_at=care_at, now=await store.now())
                figures.circuit_open.set(await store.circuit.state() is not None)
                figures.parked.set(await store.crash_counts.count())
            except StoreUnavailableError:
                _log.debug("figures_not_sampled")
            await asyncio.sleep(_SAMPLE_EVERY_S)

    async def _redis_trouble(self) -> str | None:
        await self._store.ping()
        return None

    async def _circuit_trouble(self) -> str | None:
        circuit = await self._store.circuit.state()
        return None if circuit is None else circuit.reason

    async def _worker_trouble(self) -> str | None:
        return None if self._figures.alive else "no worker process is alive"

    async def _ticker_trouble(self) -> str | None:
        late_s = time.monotonic() - self._ticker.last_tick_at
        return None if late_s < _TICK_IS_LATE_S else "nothing was claimed for a while"


def run_front(settings: Settings, *, figures_fd: int, life_fd: int) -> None:
    """Be the front process."""
    asyncio.run(_run(settings, figures_fd=figures_fd, life_fd=life_fd))


async def _run(settings: Settings, *, figures_fd: int, life_fd: int) -> None:
    await Front(settings, figures_fd=figures_fd, life_fd=life_fd).run()


def _store(settings: Settings) -> Store:
    limits = Limits(calls_per_second=settings.calls_per_second, max_concurrent_calls=settings.max_concurrent_calls)
    return connect(settings.redis_url.get_secret_value(), dial_policy_from(settings), limits)
