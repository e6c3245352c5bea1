"""Finds out what one confirmation needs now, and does it: nothing, a call, or care."""

from datetime import datetime
from functools import partial

import structlog

from services.dialer_worker.calls.dialer import Dialer
from services.dialer_worker.calls.reconciler import Reconciler
from services.dialer_worker.calls.simulated_call import Rehearsals
from services.dialer_worker.crash_guard import Turns
from services.dialer_worker.worker_counts import Count, Figure, Tally
from shared.core.confirmation import Confirmation
from shared.core.errors import NotFoundError
from shared.core.lifecycle.facts import CallEnded, ConversationLost, Fact, GivenUp, Withdrawn
from shared.core.outcome import AttemptResult, Outcome
from shared.store import MOST_RECOVERIES, Store, Work

_log = structlog.get_logger(__name__)


class Attendant:
    """Attends to confirmations, several side by side; one that kills its worker again and again is parked."""

    def __init__(self, *, store: Store, dialer: Dialer, reconciler: Reconciler, turns: Turns, tally: Tally) -> None:
        self._store = store
        self._dialer = dialer
        self._reconciler = reconciler
        self._rehearsals = Rehearsals(store, from_number=dialer.settings.twilio_from_numbers[0])
        self._turns = turns
        self._tally = tally

    async def attend(self, confirmation_id: str, work: Work) -> None:
        """Bring the confirmation forward; `work` is what it was woken for. Doing so never, once or many times does no harm.

        Raises:
            StoreUnavailableError: Redis is away; the due time brings the confirmation back.
            TelephonyError: Twilio could not be asked; the same.
        """
        is_over = work is Work.CARE and await self._store.crash_counts.is_over(confirmation_id)
        if is_over or not await self._turns.take(work, confirmation_id, partial(self._do, confirmation_id)):
            await self._set_aside(confirmation_id, work)

    async def _set_aside(self, confirmation_id: str, work: Work) -> None:
        """Park the confirmation; one that has been parked for its whole retention is brought to its end instead."""
        is_over = await self._store.crash_counts.is_over(confirmation_id)
        if is_over and await self._turns.take(Work.RETIRE, confirmation_id, partial(self._retire, confirmation_id)):
            return
        await self._store.crash_counts.park(confirmation_id)
        self._tally(Count(Figure.CARE, "parked"))
        _log.error("confirmation_parked", work=work.value, recoveries=MOST_RECOVERIES)

    async def _retire(self, confirmation_id: str) -> None:
        """Finish what nobody drove again, so that it is erased in its time; erase what is finished."""
        for make_fact in _LAST_FACTS:
            try:
                step = await self._store.confirmations.apply_if(confirmation_id, make_fact)
            except NotFoundError:
                break
            if step.confirmation.is_finished:
                break
        await self._store.eraser.erase_if_over(confirmation_id)
        self._tally(Count(Figure.CARE, "retired"))
        _log.warning("parked_retired")

    async def _do(self, confirmation_id: str) -> None:
        try:
            confirmation, now = await self._store.confirmations.look(confirmation_id)
        except NotFoundError:
            await self._store.eraser.erase_if_over(confirmation_id)  # what is still due of it ends too
            return
        is_due = _is_call_due(confirmation, now)
        if confirmation.is_test and (is_due or confirmation.open_attempt is not None):
            await self._rehearsals.play(confirmation)
            return
        if is_due and not confirmation.is_test and await self._store.due.is_granted(confirmation_id):
            await self._dialer.place_call(confirmation)
            return
        done = await self._reconciler.reconcile(confirmation, now)
        self._tally(Count(Figure.CARE, done.name.lower()))


def _withdrawn(confirmation: Confirmation, now: datetime) -> Fact | None:
    """Let nothing follow a call whose end nobody heard; a decision in it stands."""
    return None if confirmation.open_attempt is None else Withdrawn(now)


def _conversation_lost(confirmation: Confirmation, now: datetime) -> Fact | None:
    """Let the call's end be held for no conversation: it ends at once."""
    attempt = confirmation.open_attempt
    return None if attempt is None else ConversationLost(now, attempt.id)


def _ended(confirmation: Confirmation, now: datetime) -> Fact | None:
    attempt = confirmation.open_attempt
    return None if attempt is None else CallEnded(now, attempt.id, AttemptResult.ERROR, reason="parked")


def _given_up(confirmation: Confirmation, now: datetime) -> Fact | None:
    return None if confirmation.is_finished else GivenUp(now, Outcome.EXPIRED)


_LAST_FACTS = (_withdrawn, _conversation_lost, _ended, _given_up)


def _is_call_due(confirmation: Confirmation, now: datetime) -> bool:
    call_at = confirmation.next_attempt_at
    return confirmation.open_attempt is None and call_at is not None and call_at <= now
