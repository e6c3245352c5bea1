"""Does what one confirmation needs now: a call, a reconciliation, or nothing."""

from datetime import datetime
from functools import partial

import structlog

from services.dialer_worker.calls.dialer import Dialer
from services.dialer_worker.calls.give_up import give_up
from services.dialer_worker.calls.reconciler import Reconciler
from services.dialer_worker.calls.simulated_calls import SimulatedCalls
from services.dialer_worker.crash_guard import CrashGuard
from services.dialer_worker.worker_counts import CountKind, ReportCount, WorkerCount
from shared.core.confirmation import Confirmation
from shared.core.errors import NotFoundError
from shared.core.lifecycle.facts import CallEnded, ConversationLost, Fact, Withdrawn
from shared.core.outcome import AttemptResult, Outcome
from shared.store import MAX_RESTARTS, Store, Work

_log = structlog.get_logger(__name__)


class ConfirmationJob:
    """Runs for several confirmations side by side. A confirmation that kills its worker again and again is parked."""

    def __init__(
        self,
        *,
        store: Store,
        dialer: Dialer,
        simulated_calls: SimulatedCalls,
        reconciler: Reconciler,
        crash_guard: CrashGuard,
        report_count: ReportCount,
    ) -> None:
        self._store = store
        self._dialer = dialer
        self._simulated_calls = simulated_calls
        self._reconciler = reconciler
        self._crash_guard = crash_guard
        self._report_count = report_count

    async def run(self, confirmation_id: str, work: Work) -> None:
        """Do what the confirmation needs; `work` says why it was woken. Running never, once or many times does no harm.

        Raises:
            StoreUnavailableError: Redis is away; the due time brings the confirmation back.
            TelephonyError: Twilio could not be asked; the due time brings the confirmation back.
        """
        is_over = work is Work.RECONCILIATION and await self._store.dialing.crash_counts.is_over(confirmation_id)
        if is_over or not await self._crash_guard.run_guarded(work, confirmation_id, partial(self._run, confirmation_id)):
            await self._park_or_retire(confirmation_id, work)

    async def _park_or_retire(self, confirmation_id: str, work: Work) -> None:
        """Park the confirmation. If it has been parked for its whole retention, finish it instead."""
        is_over = await self._store.dialing.crash_counts.is_over(confirmation_id)
        retire = partial(self._retire, confirmation_id)
        if is_over and await self._crash_guard.run_guarded(Work.RETIRE, confirmation_id, retire):
            return
        await self._store.dialing.crash_counts.park(confirmation_id)
        self._report_count(WorkerCount(CountKind.CARE, "parked"))
        _log.error("confirmation_parked", work=work.value, recoveries=MAX_RESTARTS)

    async def _retire(self, confirmation_id: str) -> None:
        """Finish a confirmation that stayed parked, so that it is erased in its time; erase it if it is finished already."""
        for make_fact in _FINISHING_FACTS:
            try:
                step = await self._store.confirmations.apply_if(confirmation_id, make_fact)
            except NotFoundError:
                break
            if step.confirmation.is_finished:
                break
        await self._store.erasure.eraser.erase_if_over(confirmation_id)
        self._report_count(WorkerCount(CountKind.CARE, "retired"))
        _log.warning("parked_retired")

    async def _run(self, confirmation_id: str) -> None:
        try:
            confirmation, now = await self._store.confirmations.get_with_time(confirmation_id)
        except NotFoundError:
            await self._store.erasure.eraser.erase_if_over(confirmation_id)  # removes its due times, too
            return
        is_due = _is_call_due(confirmation, now)
        if confirmation.is_test and (is_due or confirmation.open_attempt is not None):
            await self._simulated_calls.run(confirmation)
            return
        if is_due and not confirmation.is_test and await self._store.dialing.due.is_granted(confirmation_id):
            await self._dialer.place_call(confirmation)
            return
        done = await self._reconciler.reconcile(confirmation, now)
        self._report_count(WorkerCount(CountKind.CARE, done.name.lower()))


def _is_call_due(confirmation: Confirmation, now: datetime) -> bool:
    call_at = confirmation.next_attempt_at
    return confirmation.open_attempt is None and call_at is not None and call_at <= now


def _withdraw_open_call(confirmation: Confirmation, now: datetime) -> Fact | None:
    """Withdraw an order whose call's end was never reported, so that no other call follows. A decision in that call stands."""
    return None if confirmation.open_attempt is None else Withdrawn(now)


def _stop_holding_end(confirmation: Confirmation, now: datetime) -> Fact | None:
    """End a call whose end is held for its conversation; of another call, let the end be held no more."""
    attempt = confirmation.open_attempt
    return None if attempt is None else ConversationLost(now, attempt.id)


def _end_open_call(confirmation: Confirmation, now: datetime) -> Fact | None:
    attempt = confirmation.open_attempt
    return None if attempt is None else CallEnded(now, attempt.id, AttemptResult.ERROR, reason="parked")


# Applied one after the other until the confirmation is finished.
_FINISHING_FACTS = (_withdraw_open_call, _stop_holding_end, _end_open_call, give_up(Outcome.EXPIRED))
