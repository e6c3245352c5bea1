"""Runs a worker process's jobs in a loop thread, with connections that are kept open between jobs."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import httpx

from services.dialer_worker.calls.confirmation_job import ConfirmationJob
from services.dialer_worker.calls.dialer import Dialer
from services.dialer_worker.calls.reconciler import Reconciler
from services.dialer_worker.calls.simulated_calls import SimulatedCalls
from services.dialer_worker.calls.twilio_client import TwilioClient, open_http_client
from services.dialer_worker.crash_guard import CrashGuard
from services.dialer_worker.deliveries.deliverer import WebhookDeliverer
from services.dialer_worker.deliveries.http_post import open_http_poster
from services.dialer_worker.process.loop_thread import LoopThread
from services.dialer_worker.settings import Settings
from services.dialer_worker.worker_counts import CountKind, ReportCount, WorkerCount
from shared.core.dialing.dial_policy import DialPolicy
from shared.settings.calling_rules import dial_policy_from
from shared.store import Store, Work, connect

JOB_TIMEOUT_S = 45.0  # less than RQ's own limit, which would interrupt the work at any point


class LoopJobRunner:
    """Hands jobs to a loop thread. For RQ a job is done when it has been handed over: RQ wakes, the record keeps what is due."""

    def __init__(self, loop_thread: LoopThread, confirmation_job: ConfirmationJob, deliverer: WebhookDeliverer) -> None:
        self._loop_thread = loop_thread
        self._confirmation_job = confirmation_job
        self._deliverer = deliverer

    def run_confirmation(self, confirmation_id: str, work: Work) -> None:
        """Do what a confirmation needs. A failure is logged, and the due time brings the confirmation back."""
        self._loop_thread.submit(lambda: self._confirmation_job.run(confirmation_id, work), confirmation_id=confirmation_id)

    def run_delivery(self, endpoint_id: str) -> None:
        """Deliver what is due at an endpoint. A failure is logged, and the lease brings the endpoint back."""
        self._loop_thread.submit(lambda: self._deliverer.deliver(endpoint_id), endpoint_id=endpoint_id)


@contextmanager
def open_job_runner(settings: Settings, report_count: ReportCount) -> Iterator[LoopJobRunner]:
    """Yield a job runner. At the end of the block, wait for the work in hand and close the connections."""
    http_client = open_http_client(
        settings.twilio_api_url,
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_tokens[0],
    )
    policy = dial_policy_from(settings)
    store = connect(
        settings.redis_url.get_secret_value(), policy, public_url=settings.public_url, encryption_keys=settings.encryption_keys
    )
    crash_guard = CrashGuard(store.dialing.crash_counts)
    confirmation_job = make_confirmation_job(
        store,
        http_client,
        settings=settings,
        policy=policy,
        crash_guard=crash_guard,
        report_count=report_count,
        clock=boottime_s,
        rng=random.Random(),  # noqa: S311 - it only spreads pauses
    )
    open_poster = partial(open_http_poster, allows_private=settings.webhook_private_targets)
    deliverer = WebhookDeliverer(store, open_poster, crash_guard=crash_guard, report_count=report_count)

    async def close() -> None:
        await http_client.aclose()
        await store.close()

    with LoopThread(max_at_once=settings.dialer_calls_at_once, timeout_s=JOB_TIMEOUT_S, close=close) as loop_thread:
        yield LoopJobRunner(loop_thread, confirmation_job, deliverer)


def make_confirmation_job(
    store: Store,
    http_client: httpx.AsyncClient,
    *,
    settings: Settings,
    policy: DialPolicy,
    crash_guard: CrashGuard,
    report_count: ReportCount,
    clock: Callable[[], float],
    rng: random.Random,
) -> ConfirmationJob:
    """Return the job that places and reconciles calls; `http_client` reaches Twilio's REST API."""
    twilio_client = TwilioClient(
        http_client,
        account_sid=settings.twilio_account_sid,
        on_error=lambda kind: report_count(WorkerCount(CountKind.TWILIO_ERROR, kind)),
    )
    reconciler = Reconciler(store=store, twilio_client=twilio_client, policy=policy, report_count=report_count)
    dialer = Dialer(
        store=store,
        twilio_client=twilio_client,
        reconciler=reconciler,
        settings=settings,
        policy=policy,
        report_count=report_count,
        clock=clock,
        rng=rng,
    )
    return ConfirmationJob(
        store=store,
        dialer=dialer,
        simulated_calls=SimulatedCalls(store, from_number=settings.twilio_from_numbers[0]),
        reconciler=reconciler,
        crash_guard=crash_guard,
        report_count=report_count,
    )


def boottime_s() -> float:
    """Return seconds of a clock that goes on while the machine sleeps, if the system has one; else of the monotonic clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
