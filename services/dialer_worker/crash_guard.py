"""Turns that are counted by Redis while they last, so that work which kills its worker is known and set aside."""

from collections.abc import Awaitable, Callable

import structlog

from services.dialer_worker.shared_lock import Room
from shared.core.errors import StoreUnavailableError, TelephonyError
from shared.store import MAX_RESTARTS, CrashCounts, Work

_log = structlog.get_logger(__name__)


class Turns:
    """Has turns taken, several side by side, about orders and endpoints alike: there is one of it in a process.

    Work whose last turn never came to an end, because the process died of something, has its next one alone: what it may
    have been the cause of then strikes nobody else.
    """

    def __init__(self, crash_counts: CrashCounts) -> None:
        self._crash_counts = crash_counts
        self._room = Room()

    async def take(self, work: Work, about: str, do: Callable[[], Awaitable[None]]) -> bool:
        """Take a turn at the work, `do`; False, and nothing done, where more than three recoveries of it came to no end.

        Raises:
            StoreUnavailableError: Redis is away; the due time brings the work back.
            TelephonyError: Twilio could not be asked; the same.
        """
        async with self._room.together():
            if await self._crash_counts.begin(work, about) <= 0:
                await self._turn(work, about, do)
                return True
            await self._crash_counts.undo_begin(work, about)  # who only waits for the room has not begun
        async with self._room.alone():
            begun_before = await self._crash_counts.begin(work, about)
            if begun_before > MAX_RESTARTS:
                return False
            if begun_before:
                _log.warning("attending_again", work=work.value, begun_before=begun_before)
            await self._turn(work, about, do)
            return True

    async def _turn(self, work: Work, about: str, do: Callable[[], Awaitable[None]]) -> None:
        """Do what is to be done. Redis or Twilio away is an end too; any other error leaves the turn unfinished, like a crash."""
        try:
            await do()
        except (StoreUnavailableError, TelephonyError):
            await self._crash_counts.end(work, about)
            raise
        await self._crash_counts.end(work, about)
