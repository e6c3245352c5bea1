"""What a worker process keeps warm between jobs, its loop and connections, and how it attends to one confirmation."""

import asyncio
import random
import time
from collections.abc import Awaitable
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Self

import structlog

from services.dialer_worker.courier import Courier
from services.dialer_worker.dialer import Dialer
from services.dialer_worker.outbound import open_outbound
from services.dialer_worker.reconcile import Reconciler
from services.dialer_worker.rehearsal import Rehearsals
from services.dialer_worker.settings import Settings
from services.dialer_worker.tally import Count, Figure, Tally
from services.dialer_worker.telephony import Telephony, open_client
from shared.core.confirmation import Confirmation
from shared.core.errors import ConfirmerError, NotFoundError, StoreUnavailableError, TelephonyError
from shared.policy import dial_policy_from
from shared.store import Store, connect

ATTEND_TIMEOUT_S = 45.0  # less than RQ's own limit, which would break off in the middle of anything

_log = structlog.get_logger(__name__)


class Attendant:
    """Finds out what one confirmation needs now, and does it: nothing, a call, or care."""

    def __init__(self, *, store: Store, dialer: Dialer, reconciler: Reconciler, tally: Tally) -> None:
        self._store = store
        self._dialer = dialer
        self._reconciler = reconciler
        self._rehearsals = Rehearsals(store, from_number=dialer.settings.twilio_from_numbers[0])
        self._tally = tally

    async def attend(self, confirmation_id: str) -> None:
        """Bring the confirmation forward. Doing so never, once or many times does no harm.

        Raises:
            StoreUnavailableError: Redis is away; the due time brings the confirmation back.
            TelephonyError: Twilio could not be asked; the same.
        """
        try:
            confirmation = await self._store.confirmations.get(confirmation_id)
        except NotFoundError:
            await self._store.eraser.erase_if_over(confirmation_id)  # what is still due of it ends too
            return
        is_due = _is_call_due(confirmation, await self._store.now())
        if confirmation.is_test and (is_due or confirmation.open_attempt is not None):
            await self._rehearsals.play(confirmation)
            return
        if is_due and not confirmation.is_test and await self._store.due.is_granted(confirmation_id):
            await self._dialer.place_call(confirmation)
            return
        care = await self._reconciler.care(confirmation)
        self._tally(Count(Figure.CARE, care.name.lower()))


def _is_call_due(confirmation: Confirmation, now: datetime) -> bool:
    call_at = confirmation.next_attempt_at
    return confirmation.open_attempt is None and call_at is not None and call_at <= now


class Desk:
    """A context: on entry the worker's event loop and clients, on exit their end."""

    def __init__(self, settings: Settings, tally: Tally) -> None:
        self._settings = settings
        self._tally = tally
        self._runner = asyncio.Runner()
        self._client = open_client(
            settings.twilio_api_url,
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token.get_secret_value(),
        )
        policy = dial_policy_from(settings)
        self._store = connect(settings.redis_url.get_secret_value(), policy, public_url=settings.public_url)
        telephony = Telephony(
            self._client,
            account_sid=settings.twilio_account_sid,
            on_error=lambda kind: tally(Count(Figure.TWILIO_ERROR, kind)),
        )
        reconciler = Reconciler(store=self._store, telephony=telephony, policy=policy)
        dialer = Dialer(
            store=self._store,
            telephony=telephony,
            reconciler=reconciler,
            settings=settings,
            policy=policy,
            tally=tally,
            clock=boottime_s,
            rng=random.Random(),  # noqa: S311 - it only spreads pauses
        )
        self._attendant = Attendant(store=self._store, dialer=dialer, reconciler=reconciler, tally=tally)
        outbound = partial(open_outbound, allows_private=settings.webhook_private_targets)
        self._courier = Courier(self._store, outbound, tally=tally)

    def __enter__(self) -> Self:
        """Have the loop ready."""
        self._runner.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the connections and the loop."""
        try:
            self._runner.run(self._close())
        finally:
            self._runner.__exit__(kind, error, trace)

    def attend(self, confirmation_id: str) -> None:
        """Attend to one confirmation within the time limit; what failed is logged and comes back by its due time."""
        with structlog.contextvars.bound_contextvars(confirmation_id=confirmation_id):
            self._runner.run(self._limited(self._attendant.attend(confirmation_id)))

    def deliver(self, endpoint_id: str) -> None:
        """Deliver to one endpoint within the time limit; the same."""
        with structlog.contextvars.bound_contextvars(endpoint_id=endpoint_id):
            self._runner.run(self._limited(self._courier.deliver(endpoint_id)))

    async def _limited(self, work: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(ATTEND_TIMEOUT_S):
                await work
        except TimeoutError:
            _log.error("attending_timed_out")
        except (StoreUnavailableError, TelephonyError) as error:
            _log.warning("attending_postponed", reason=str(error))
        except ConfirmerError as error:
            _log.error("attending_failed", reason=type(error).__name__)

    async def _close(self) -> None:
        await self._client.aclose()
        await self._store.close()


def boottime_s() -> float:
    """Return seconds that also count while the machine sleeps, where the system can tell."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
