"""Delivers events to shops' endpoints: in order for each confirmation, again after failures, and given up after a day."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog

from services.dialer_worker.crash_guard import Turns
from services.dialer_worker.deliveries.http_post import Accepted, Outbound, Refused
from services.dialer_worker.worker_counts import Count, Figure, Tally
from shared.core.errors import NotFoundError, StoreUnavailableError
from shared.core.webhook_endpoints.endpoint import LIFE, RETRY_DELAYS_S, Endpoint, next_try_at, signature
from shared.store import MAX_RESTARTS, Message, Settled, Store, Work

TURN_S = 8.0  # after so long nothing more is begun, so that other endpoints and calls get their turn
AT_ONCE = 10
_OVERDUE_AT_ONCE = 200

_log = structlog.get_logger(__name__)

OpenOutbound = Callable[[], AbstractAsyncContextManager[Outbound]]


class Courier:
    """Takes one turn at one endpoint. `clock` counts seconds; `delays_s` are the pauses between the tries of a message.

    `life` is how long a message may wait behind an endpoint that takes nothing.
    """

    def __init__(
        self,
        store: Store,
        open_outbound: OpenOutbound,
        *,
        turns: Turns,
        tally: Tally,
        delays_s: Sequence[float] = RETRY_DELAYS_S,
        life: timedelta = LIFE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._open_outbound = open_outbound
        self._turns = turns
        self._tally = tally
        self._delays_s = delays_s
        self._life = life
        self._clock = clock

    async def deliver(self, endpoint_id: str) -> None:
        """Deliver what is due at an endpoint, or park it. Doing so never, once or many times loses nothing.

        Raises:
            StoreUnavailableError: Redis is away; the lease brings the endpoint back.
        """
        if not await self._turns.take(Work.DELIVER, endpoint_id, partial(self._deliver, endpoint_id)):
            await self._store.crash_counts.park_endpoint(endpoint_id)
            self._tally(Count(Figure.WEBHOOK, "parked"))
            _log.error("endpoint_parked", recoveries=MAX_RESTARTS)

    async def _deliver(self, endpoint_id: str) -> None:
        try:
            endpoint = await self._store.webhooks.get(endpoint_id)
            if endpoint.disabled_because is None:
                async with self._open_outbound() as outbound:
                    await self._turn(endpoint, outbound)
        except NotFoundError:
            _log.info("endpoint_gone", endpoint_id=endpoint_id)
        finally:
            await self._store.deliveries.release(endpoint_id)

    async def _turn(self, endpoint: Endpoint, outbound: Outbound) -> None:
        until = self._clock() + TURN_S
        is_probe = (await self._store.deliveries.counts(endpoint.id)).held_until is not None
        while self._clock() < until:
            limit = 1 if is_probe else AT_ONCE
            lanes = await self._store.deliveries.due_lanes(endpoint.id, limit)
            if not lanes:
                return
            lane = partial(self._lane, endpoint, outbound, until=until)
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._guarded(lane(confirmation_id))) for confirmation_id in lanes]
            if not all(task.result() for task in tasks):
                await self._rest(endpoint)
                return
            is_probe = False

    async def _guarded(self, lane: Awaitable[bool]) -> bool:
        """Let a lane end by itself where Redis is away: the others may be in the middle of a message."""
        try:
            return await lane
        except StoreUnavailableError as error:
            _log.warning("delivery_postponed", reason=str(error))
            return False

    async def _lane(self, endpoint: Endpoint, outbound: Outbound, confirmation_id: str, *, until: float) -> bool:
        """Deliver the events of one confirmation in order; False where the endpoint should be left alone for now."""
        while self._clock() < until:
            message = await self._store.deliveries.first(endpoint.id, confirmation_id)
            if message is None:
                return True
            now = await self._store.now()
            headers = _headers(endpoint.secrets(now), message, int(now.timestamp()))
            match await outbound.post(endpoint.url, headers, message.body):
                case Accepted():
                    await self._store.deliveries.delivered(endpoint, message)
                    self._tally(Count(Figure.WEBHOOK, "delivered"))
                case Refused() as refused:
                    return await self._failed(endpoint, message, refused)
        return True

    async def _failed(self, endpoint: Endpoint, message: Message, refused: Refused) -> bool:
        """Plan the next try, or give up; False where the circuit is open now."""
        at = await self._store.now()
        next_at = next_try_at(
            tries=message.tries + 1, told_at=message.event_at, now=at, wish_s=refused.wish_s, delays_s=self._delays_s
        )
        if next_at is None:
            settled = await self._store.deliveries.give_up(endpoint, message, refused.reason)
        else:
            settled = await self._store.deliveries.postpone(endpoint, message, next_at)
        what = "failed" if next_at is not None else "dead"
        self._tally(Count(Figure.WEBHOOK, what))
        _log.info("webhook_not_delivered", endpoint_id=endpoint.id, event_id=message.id, reason=refused.reason, result=what)
        if refused.is_gone:
            await self._store.webhooks.save(replace(endpoint, disabled_because="the receiver answered 410 Gone"))
            _log.warning("endpoint_disabled", endpoint_id=endpoint.id)
            return False
        if settled is Settled.OPENED:
            self._tally(Count(Figure.WEBHOOK, "circuit_opened"))
            _log.warning("endpoint_paused", endpoint_id=endpoint.id)
        return settled is not Settled.OPENED and not await self._is_held(endpoint)

    async def _is_held(self, endpoint: Endpoint) -> bool:
        return (await self._store.deliveries.counts(endpoint.id)).held_until is not None

    async def _rest(self, endpoint: Endpoint) -> None:
        """Give up what has waited for a day behind an endpoint that takes nothing: it would not be tried any more."""
        now = await self._store.now()
        for confirmation_id in await self._store.deliveries.due_lanes(endpoint.id, _OVERDUE_AT_ONCE):
            message = await self._store.deliveries.first(endpoint.id, confirmation_id)
            if message is not None and now >= message.event_at + self._life:
                await self._store.deliveries.give_up_untried(endpoint, message, "the endpoint took nothing for a day")
                self._tally(Count(Figure.WEBHOOK, "dead"))


def _headers(secrets: Sequence[str], message: Message, timestamp: int) -> dict[str, str]:
    return {
        "content-type": "application/json",
        "user-agent": "order-confirmation-calls/1",
        "webhook-id": message.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secrets, message_id=message.id, timestamp=timestamp, body=message.body),
    }
