"""Delivers events to webhook endpoints: in order for each confirmation, again after a failure, and given up after a day."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog

from services.dialer_worker.crash_guard import CrashGuard
from services.dialer_worker.deliveries.http_post import Accepted, HttpPoster, Refused
from services.dialer_worker.worker_counts import CountKind, ReportCount, WorkerCount
from shared.core.errors import NotFoundError, StoreUnavailableError
from shared.core.webhook_endpoints.endpoint import Endpoint, signature
from shared.core.webhook_endpoints.retry_schedule import LIFE, RETRY_DELAYS_S, next_try_at
from shared.store import MAX_RESTARTS, Message, Settled, Store, Work

MAX_JOB_S = 8.0  # after this time a job begins no further message, so that other endpoints and calls are not kept waiting
MAX_LANES_AT_ONCE = 10
_MAX_GIVEN_UP_AT_ONCE = 200
UNREADABLE_SECRET = "secret cannot be opened: restore the key in ENCRYPTION_KEYS or rotate the secret"  # noqa: S105 - a reason

_log = structlog.get_logger(__name__)

OpenHttpPoster = Callable[[], AbstractAsyncContextManager[HttpPoster]]


class WebhookDeliverer:
    """Runs one delivery job for one endpoint. What waits for an endpoint stands in lanes, one for each confirmation.

    `retry_delays_s` are the pauses between the tries of a message, `max_age` is how long a message may wait while its endpoint
    accepts nothing, `clock` returns seconds.
    """

    def __init__(
        self,
        store: Store,
        open_http_poster: OpenHttpPoster,
        *,
        crash_guard: CrashGuard,
        report_count: ReportCount,
        retry_delays_s: Sequence[float] = RETRY_DELAYS_S,
        max_age: timedelta = LIFE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._open_http_poster = open_http_poster
        self._crash_guard = crash_guard
        self._report_count = report_count
        self._retry_delays_s = retry_delays_s
        self._max_age = max_age
        self._clock = clock

    async def deliver(self, endpoint_id: str) -> None:
        """Deliver what is due at an endpoint, or park the endpoint. Running never, once or many times loses nothing.

        Raises:
            StoreUnavailableError: Redis is away; the lease brings the endpoint back.
        """
        if not await self._crash_guard.run_guarded(Work.DELIVER, endpoint_id, partial(self._deliver, endpoint_id)):
            await self._store.dialing.crash_counts.park_endpoint(endpoint_id)
            self._report_count(WorkerCount(CountKind.WEBHOOK, "parked"))
            _log.error("endpoint_parked", recoveries=MAX_RESTARTS)

    async def _deliver(self, endpoint_id: str) -> None:
        try:
            endpoint = await self._store.webhooks.get(endpoint_id)
            if endpoint.disabled_because is None:
                async with self._open_http_poster() as poster:
                    await self._deliver_due_lanes(endpoint, poster)
        except NotFoundError:
            _log.info("endpoint_gone", endpoint_id=endpoint_id)
        finally:
            await self._store.deliveries.release(endpoint_id)

    async def _deliver_due_lanes(self, endpoint: Endpoint, poster: HttpPoster) -> None:
        """Deliver lane after lane. If the endpoint's circuit is open, one lane probes it first."""
        until = self._clock() + MAX_JOB_S
        is_probe = (await self._store.deliveries.counts(endpoint.id)).held_until is not None
        while self._clock() < until:
            limit = 1 if is_probe else MAX_LANES_AT_ONCE
            lanes = await self._store.deliveries.due_lanes(endpoint.id, limit)
            if not lanes:
                return
            deliver_lane = partial(self._deliver_lane, endpoint, poster, until=until)
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(_postponed_without_redis(deliver_lane(confirmation_id))) for confirmation_id in lanes]
            if not all(task.result() for task in tasks):
                await self._give_up_overdue(endpoint)
                return
            is_probe = False

    async def _deliver_lane(self, endpoint: Endpoint, poster: HttpPoster, confirmation_id: str, *, until: float) -> bool:
        """Deliver the events of one confirmation in order; return False if the endpoint must not be tried further now."""
        while self._clock() < until:
            message = await self._store.deliveries.first(endpoint.id, confirmation_id)
            if message is None:
                return True
            match await self._send(endpoint, poster, message):
                case Accepted():
                    await self._store.deliveries.delivered(endpoint, message)
                    self._report_count(WorkerCount(CountKind.WEBHOOK, "delivered"))
                case Refused() as refused:
                    return await self._record_failure(endpoint, message, refused)
        return True

    async def _send(self, endpoint: Endpoint, poster: HttpPoster, message: Message) -> Accepted | Refused:
        """Send a message; without its secret the endpoint counts as one that fails, until the secret can be opened again."""
        if not endpoint.can_sign:
            self._report_count(WorkerCount(CountKind.WEBHOOK, "secret_unreadable"))
            return Refused(UNREADABLE_SECRET)
        now = await self._store.now()
        return await poster.post(endpoint.url, _headers(endpoint.secrets(now), message, int(now.timestamp())), message.body)

    async def _record_failure(self, endpoint: Endpoint, message: Message, refused: Refused) -> bool:
        """Plan the next try or give the message up; return False if the endpoint's circuit is open or it is disabled."""
        at = await self._store.now()
        next_at = next_try_at(
            tries=message.tries + 1,
            told_at=message.event_at,
            now=at,
            wish_s=refused.retry_after_s,
            delays_s=self._retry_delays_s,
        )
        if next_at is None:
            settled = await self._store.deliveries.give_up(endpoint, message, refused.reason)
        else:
            settled = await self._store.deliveries.postpone(endpoint, message, next_at)
        result = "failed" if next_at is not None else "dead"
        self._report_count(WorkerCount(CountKind.WEBHOOK, result))
        _log.info("webhook_not_delivered", endpoint_id=endpoint.id, event_id=message.id, reason=refused.reason, result=result)
        if refused.is_gone:
            await self._store.webhooks.save(replace(endpoint, disabled_because="the receiver answered 410 Gone"))
            _log.warning("endpoint_disabled", endpoint_id=endpoint.id)
            return False
        if settled is Settled.OPENED:
            self._report_count(WorkerCount(CountKind.WEBHOOK, "circuit_opened"))
            _log.warning("endpoint_paused", endpoint_id=endpoint.id)
        return settled is not Settled.OPENED and not await self._is_circuit_open(endpoint)

    async def _is_circuit_open(self, endpoint: Endpoint) -> bool:
        return (await self._store.deliveries.counts(endpoint.id)).held_until is not None

    async def _give_up_overdue(self, endpoint: Endpoint) -> None:
        """Give up messages that have waited for `max_age` while the endpoint accepted nothing: they are not tried any more."""
        now = await self._store.now()
        for confirmation_id in await self._store.deliveries.due_lanes(endpoint.id, _MAX_GIVEN_UP_AT_ONCE):
            message = await self._store.deliveries.first(endpoint.id, confirmation_id)
            if message is not None and now >= message.event_at + self._max_age:
                await self._store.deliveries.give_up_untried(endpoint, message, "the endpoint took nothing for a day")
                self._report_count(WorkerCount(CountKind.WEBHOOK, "dead"))


async def _postponed_without_redis(delivery: Awaitable[bool]) -> bool:
    """Return what a lane's delivery returns; False if Redis is away. The error stays here: other lanes may be mid-message."""
    try:
        return await delivery
    except StoreUnavailableError as error:
        _log.warning("delivery_postponed", reason=str(error))
        return False


def _headers(secrets: Sequence[str], message: Message, timestamp: int) -> dict[str, str]:
    return {
        "content-type": "application/json",
        "user-agent": "order-confirmation-calls/1",
        "webhook-id": message.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secrets, message_id=message.id, timestamp=timestamp, body=message.body),
    }
