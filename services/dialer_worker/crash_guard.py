"""Counts in Redis the work that is under way, so that work which kills its worker process is recognised and set aside."""

from collections.abc import Awaitable, Callable

import structlog

from services.dialer_worker.shared_lock import SharedLock
from shared.core.errors import StoreUnavailableError, TelephonyError
from shared.store import MAX_RESTARTS, CrashCounts, Work

_log = structlog.get_logger(__name__)


class CrashGuard:
    """Runs work about orders and endpoints side by side. A process has one guard for both.

    Work that was begun before and never ended, because the process died, runs alone: if it caused the death, it takes no
    other work with it this time.
    """

    def __init__(self, crash_counts: CrashCounts) -> None:
        self._crash_counts = crash_counts
        self._lock = SharedLock()

    async def run_guarded(self, work: Work, subject_id: str, run: Callable[[], Awaitable[None]]) -> bool:
        """Run the work; return False, without running it, if more than `MAX_RESTARTS` earlier runs never ended.

        Raises:
            StoreUnavailableError: Redis is away; the due time brings the work back.
            TelephonyError: Twilio could not be asked; the due time brings the work back.
        """
        async with self._lock.shared():
            if await self._crash_counts.begin(work, subject_id) <= 0:
                await self._run_and_count(work, subject_id, run)
                return True
            await self._crash_counts.undo_begin(work, subject_id)  # waiting for the lock must not count as begun
        async with self._lock.exclusive():
            begun_before = await self._crash_counts.begin(work, subject_id)
            if begun_before > MAX_RESTARTS:
                return False
            if begun_before:
                _log.warning("attending_again", work=work.value, begun_before=begun_before)
            await self._run_and_count(work, subject_id, run)
            return True

    async def _run_and_count(self, work: Work, subject_id: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run the work and count it as ended, also if Redis or Twilio is away. After any other error it counts as a crash."""
        try:
            await run()
        except (StoreUnavailableError, TelephonyError):
            await self._crash_counts.end(work, subject_id)
            raise
        await self._crash_counts.end(work, subject_id)
