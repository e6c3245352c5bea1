"""Looks again and again whether Redis's append-only file must be rewritten after erasures."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from shared.core.errors import StoreUnavailableError
from shared.store import Rewrite

_EVERY_S = 20.0

_log = structlog.get_logger(__name__)


class ErasureRewrites:
    """Calls `rewrite_if_wanted` (of the store) in turn; what Redis refuses for good is logged once."""

    def __init__(self, rewrite_if_wanted: Callable[[], Awaitable[Rewrite]]) -> None:
        self._rewrite_if_wanted = rewrite_if_wanted
        self._is_reported = False

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_EVERY_S)

    async def look(self) -> None:
        """Have the file rewritten if something was erased."""
        try:
            result = await self._rewrite_if_wanted()
        except StoreUnavailableError:
            _log.debug("erasures_not_looked_at")
            return
        if result is Rewrite.STARTED:
            _log.info("aof_rewrite_started")
        elif result is Rewrite.NOT_PERMITTED and not self._is_reported:
            self._is_reported = True
            _log.warning(
                "aof_rewrite_not_permitted",
                reason="erased data stays in Redis's append-only file until that is rewritten",
                fix="permit the dialer's user of Redis BGREWRITEAOF and INFO, or rewrite the file by hand",
            )
