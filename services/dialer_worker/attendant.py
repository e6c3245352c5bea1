"""Finds out what one confirmation needs now, and does it: nothing, a call, or care."""

from datetime import datetime

import structlog

from services.dialer_worker.dialer import Dialer
from services.dialer_worker.reconcile import Reconciler
from services.dialer_worker.rehearsal import Rehearsals
from services.dialer_worker.room import Room
from services.dialer_worker.tally import Count, Figure, Tally
from shared.core.confirmation import Confirmation
from shared.core.errors import NotFoundError, StoreUnavailableError, TelephonyError
from shared.store import MOST_RECOVERIES, Store, Work

_log = structlog.get_logger(__name__)


class Attendant:
    """Attends to confirmations, several side by side.

    One whose last turn never came to an end, because the process died of something, is attended to alone: what it may
    have been the cause of then strikes nobody else. After three such recoveries it is parked.
    """

    def __init__(self, *, store: Store, dialer: Dialer, reconciler: Reconciler, tally: Tally) -> None:
        self._store = store
        self._dialer = dialer
        self._reconciler = reconciler
        self._rehearsals = Rehearsals(store, from_number=dialer.settings.twilio_from_numbers[0])
        self._tally = tally
        self._room = Room()

    async def attend(self, confirmation_id: str, work: Work) -> None:
        """Bring the confirmation forward; `work` is what it was woken for. Doing so never, once or many times does no harm.

        Raises:
            StoreUnavailableError: Redis is away; the due time brings the confirmation back.
            TelephonyError: Twilio could not be asked; the same.
        """
        recoveries = self._store.recoveries
        async with self._room.together():
            if await recoveries.begin(work, confirmation_id) <= 0:
                await self._turn(confirmation_id, work)
                return
            await recoveries.put_back(work, confirmation_id)  # who only waits for the room has not begun
        async with self._room.alone():
            begun_before = await recoveries.begin(work, confirmation_id)
            if begun_before > MOST_RECOVERIES:
                await self._park(confirmation_id, work)
                return
            _log.warning("attending_again", work=work.value, begun_before=begun_before)
            await self._turn(confirmation_id, work)

    async def _turn(self, confirmation_id: str, work: Work) -> None:
        """Do what is to be done. Redis or Twilio away is an end too; any other error leaves the turn unfinished, like a crash."""
        try:
            await self._do(confirmation_id)
        except (StoreUnavailableError, TelephonyError):
            await self._store.recoveries.end(work, confirmation_id)
            raise
        await self._store.recoveries.end(work, confirmation_id)

    async def _park(self, confirmation_id: str, work: Work) -> None:
        await self._store.recoveries.park(confirmation_id)
        self._tally(Count(Figure.CARE, "parked"))
        _log.error("confirmation_parked", work=work.value, recoveries=MOST_RECOVERIES)

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
        care = await self._reconciler.care(confirmation, now)
        self._tally(Count(Figure.CARE, care.name.lower()))


def _is_call_due(confirmation: Confirmation, now: datetime) -> bool:
    call_at = confirmation.next_attempt_at
    return confirmation.open_attempt is None and call_at is not None and call_at <= now
