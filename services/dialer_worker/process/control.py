"""The control process: the ticker, and the health and metrics of the whole service, beside the worker processes."""

import asyncio
import os
import signal
import time

import structlog

from services.dialer_worker.process.erasures import ErasureRewrites
from services.dialer_worker.process.metrics import DialerMetrics
from services.dialer_worker.process.ticker import Ticker
from services.dialer_worker.settings import Settings
from shared.core.errors import StoreUnavailableError
from shared.runtime.health import Health
from shared.runtime.metrics import make_registry
from shared.runtime.uvicorn_server import serving_health
from shared.settings.calling_rules import dial_policy_from
from shared.store import Limits, Store, connect
from shared.store.dialing.dial_queue import DialQueue, open_sync_client

_SAMPLE_EVERY_S = 2.0
_TICK_IS_LATE_S = 15.0
_CHUNK_BYTES = 65536
# A request to Twilio is sent up to 2 s after its intent and given up 10 s later; Twilio's list may lag behind. A shorter wait
# before the list is asked is for trials only.
_SAFE_RECONCILE_AFTER_S = 30.0

_log = structlog.get_logger(__name__)


class ControlProcess:
    """The control process of one service.

    The workers' counts arrive at `counts_fd`. `parent_alive_fd` reaches end-of-file when the parent process is gone.
    """

    def __init__(self, settings: Settings, store: Store, queue: DialQueue, *, counts_fd: int, parent_alive_fd: int) -> None:
        self._settings = settings
        self._store = store
        self._queue = queue
        self._counts_fd = counts_fd
        self._parent_alive_fd = parent_alive_fd
        registry = make_registry("dialer_worker")
        self._metrics = DialerMetrics(registry)
        self._ticker = Ticker(
            due=store.dialing.due,
            deliveries=store.deliveries,
            max_deliveries=max(1, settings.dialer_workers // 2),
            queue=queue,
            clock=store,
        )
        self._health = Health(
            registry,
            checks=(
                ("redis", self._redis_fault),
                ("twilio", self._circuit_fault),
                ("workers", self._workers_fault),
                ("ticker", self._ticker_fault),
            ),
        )
        self._drain = asyncio.Event()
        self._end = asyncio.Event()

    async def run(self) -> None:
        """Serve until the second SIGTERM, or until the parent is gone. The first SIGTERM stops the ticker."""
        self._install_handlers()
        try:
            self._warn_if_reconciling_is_hasty()
            async with serving_health(self._health, self._settings.dialer_bind), asyncio.TaskGroup() as group:
                _log.info("dialer_started", workers=self._settings.dialer_workers)
                rewrites = ErasureRewrites(self._store.erasure.aof_rewrites.rewrite_if_wanted)
                parts = (
                    self._store.notifications.run(),
                    self._tick(),
                    self._sample(),
                    self._check_redis_settings(),
                    rewrites.run(),
                )
                tasks = [group.create_task(part) for part in parts]
                await self._drain.wait()
                for task in tasks:
                    task.cancel()
                await self._end.wait()
        finally:
            await self._store.close()

    async def _tick(self) -> None:
        async with self._store.due_notifications() as due_now:
            await self._ticker.run(due_now)

    def _warn_if_reconciling_is_hasty(self) -> None:
        if self._settings.reconcile_after_s < _SAFE_RECONCILE_AFTER_S:
            _log.warning("reconcile_after_too_short", setting="RECONCILE_AFTER_S", limit=f"{_SAFE_RECONCILE_AFTER_S:g} s")

    def _install_handlers(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop)
        os.set_blocking(self._counts_fd, False)
        loop.add_reader(self._counts_fd, self._read_counts)
        loop.add_reader(self._parent_alive_fd, self._stop_without_parent)

    def _stop(self) -> None:
        if self._drain.is_set():
            self._end.set()
        self._health.start_draining()
        self._drain.set()

    def _stop_without_parent(self) -> None:
        asyncio.get_running_loop().remove_reader(self._parent_alive_fd)
        self._stop()
        self._end.set()

    def _read_counts(self) -> None:
        lines = os.read(self._counts_fd, _CHUNK_BYTES)
        if lines:
            self._metrics.add_lines(lines)
        else:
            asyncio.get_running_loop().remove_reader(self._counts_fd)

    async def _check_redis_settings(self) -> None:
        """Warn of settings of Redis by which orders could be lost, as soon as Redis answers."""
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
        """Set the metrics that Redis knows every two seconds, so that a scrape asks Redis nothing."""
        metrics, store = self._metrics, self._store
        while True:
            try:
                metrics.queue_depth.set(await asyncio.to_thread(self._queue.depth))
                metrics.calls_open.set(await store.dialing.due.calls_open())
                metrics.set_due(await store.dialing.due.overdue())
                call_at, reconcile_at = await store.dialing.due.next_call_at(), await store.dialing.due.next_reconciliation_at()
                metrics.set_delays(call_at=call_at, reconcile_at=reconcile_at, now=await store.now())
                metrics.circuit_open.set(await store.dialing.circuit.state() is not None)
                metrics.parked.set(await store.dialing.crash_counts.count())
            except StoreUnavailableError:
                _log.debug("figures_not_sampled")
            await asyncio.sleep(_SAMPLE_EVERY_S)

    async def _redis_fault(self) -> str | None:
        await self._store.ping()
        return await self._store.missing_right()

    async def _circuit_fault(self) -> str | None:
        circuit = await self._store.dialing.circuit.state()
        return None if circuit is None else circuit.reason

    async def _workers_fault(self) -> str | None:
        return None if self._metrics.workers_alive else "no worker process is alive"

    async def _ticker_fault(self) -> str | None:
        late_s = time.monotonic() - self._ticker.last_tick_at
        return None if late_s < _TICK_IS_LATE_S else "nothing was claimed for a while"


def run_control_process(settings: Settings, *, counts_fd: int, parent_alive_fd: int) -> None:
    """Be the control process until the second SIGTERM, or until the parent is gone."""
    asyncio.run(_run(settings, counts_fd=counts_fd, parent_alive_fd=parent_alive_fd))


async def _run(settings: Settings, *, counts_fd: int, parent_alive_fd: int) -> None:
    redis_url = settings.redis_url.get_secret_value()
    limits = Limits(calls_per_second=settings.calls_per_second, max_concurrent_calls=settings.max_concurrent_calls)
    store = connect(redis_url, dial_policy_from(settings), limits)
    queue = DialQueue(open_sync_client(redis_url))
    await ControlProcess(settings, store, queue, counts_fd=counts_fd, parent_alive_fd=parent_alive_fd).run()
