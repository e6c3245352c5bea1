"""What a worker process keeps warm between jobs: a loop that does several pieces of work side by side, and its connections."""

import asyncio
import os
import random
import threading
import time
from collections.abc import Awaitable, Callable
from functools import partial
from types import TracebackType
from typing import Self

import structlog

from services.dialer_worker.calls.confirmation_job import Attendant
from services.dialer_worker.calls.dialer import Dialer
from services.dialer_worker.calls.reconciler import Reconciler
from services.dialer_worker.calls.twilio_client import TwilioClient, open_http_client
from services.dialer_worker.crash_guard import CrashGuard
from services.dialer_worker.deliveries.deliverer import Courier
from services.dialer_worker.deliveries.http_post import open_outbound
from services.dialer_worker.settings import Settings
from services.dialer_worker.worker_counts import CountKind, ReportCount, WorkerCount
from shared.core.errors import StoreUnavailableError, TelephonyError
from shared.settings.dial_policy import dial_policy_from
from shared.store import Work, connect

ATTEND_TIMEOUT_S = 45.0  # less than RQ's own limit, which would break off in the middle of anything

_log = structlog.get_logger(__name__)


class Desk:
    """A context: on entry an event loop in a thread of its own and the clients, on exit the end of the work in hand and of them.

    `attend` and `deliver` hand work in and return when there is room for more: a job that was handed in counts as done
    for RQ, which wakes and keeps nothing.
    """

    def __init__(self, settings: Settings, report_count: ReportCount) -> None:
        self._room = threading.Semaphore(settings.dialer_calls_at_once - 1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)
        self._work: asyncio.Queue[Callable[[], Awaitable[None]] | None] = asyncio.Queue()
        self._client = open_http_client(
            settings.twilio_api_url,
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token.get_secret_value(),
        )
        policy = dial_policy_from(settings)
        self._store = connect(settings.redis_url.get_secret_value(), policy, public_url=settings.public_url)
        twilio_client = TwilioClient(
            self._client,
            account_sid=settings.twilio_account_sid,
            on_error=lambda kind: report_count(WorkerCount(CountKind.TWILIO_ERROR, kind)),
        )
        reconciler = Reconciler(store=self._store, twilio_client=twilio_client, policy=policy)
        dialer = Dialer(
            store=self._store,
            twilio_client=twilio_client,
            reconciler=reconciler,
            settings=settings,
            policy=policy,
            report_count=report_count,
            clock=boottime_s,
            rng=random.Random(),  # noqa: S311 - it only spreads pauses
        )
        crash_guard = CrashGuard(self._store.crash_counts)
        self._attendant = Attendant(
            store=self._store, dialer=dialer, reconciler=reconciler, crash_guard=crash_guard, report_count=report_count
        )
        outbound = partial(open_outbound, allows_private=settings.webhook_private_targets)
        self._courier = Courier(self._store, outbound, crash_guard=crash_guard, report_count=report_count)

    def __enter__(self) -> Self:
        """Have the loop ready."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Wait for the work in hand, each within its time limit, and close the connections."""
        self._loop.call_soon_threadsafe(self._work.put_nowait, None)
        self._thread.join()

    def attend(self, confirmation_id: str, work: Work) -> None:
        """Attend to one confirmation; what failed is logged and comes back by its due time."""
        self._hand_in(lambda: self._attendant.attend(confirmation_id, work), confirmation_id=confirmation_id)

    def deliver(self, endpoint_id: str) -> None:
        """Deliver to one endpoint; the same."""
        self._hand_in(lambda: self._courier.deliver(endpoint_id), endpoint_id=endpoint_id)

    def _hand_in(self, begin: Callable[[], Awaitable[None]], **about: str) -> None:
        """Have work done within the time limit, and wait until there is room for more."""

        async def do() -> None:
            with structlog.contextvars.bound_contextvars(**about):
                try:
                    await _limited(begin())
                finally:
                    self._room.release()

        self._loop.call_soon_threadsafe(self._work.put_nowait, do)
        self._room.acquire()

    def _run(self) -> None:
        """Be the thread: without it the process is of no use."""
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException:  # outermost: of this thread
            _log.exception("desk_failed")
            os._exit(1)
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                while (do := await self._work.get()) is not None:
                    group.create_task(_as_coroutine(do))
        finally:
            await self._client.aclose()
            await self._store.close()


async def _as_coroutine(do: Callable[[], Awaitable[None]]) -> None:
    await do()


async def _limited(work: Awaitable[None]) -> None:
    try:
        async with asyncio.timeout(ATTEND_TIMEOUT_S):
            await work
    except TimeoutError:
        _log.error("attending_timed_out")
    except (StoreUnavailableError, TelephonyError) as error:
        _log.warning("attending_postponed", reason=str(error))
    except Exception as error:  # outermost: of one piece of work; its text may be about a customer
        _log.error("attending_failed", reason=type(error).__name__)


def boottime_s() -> float:
    """Return seconds that also count while the machine sleeps, where the system can tell."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
