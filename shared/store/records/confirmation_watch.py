"""Follows a confirmation during a call: machine detection, withdrawal and the call's end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.core.confirmation import Confirmation
from shared.core.errors import StoreUnavailableError
from shared.store import keys
from shared.store.records.confirmations import Confirmations
from shared.store.redis.notifications import Notifications

RECHECK_AFTER_S = 60.0  # a message may be lost; `Notifications` notices a lost connection earlier
_PAUSE_S = 0.5


class ConfirmationWatch:
    """A confirmation as it changes during a call."""

    def __init__(
        self, notified: asyncio.Event, confirmations: Confirmations, confirmation_id: str, *, recheck_after_s: float
    ) -> None:
        self._notified = notified
        self._confirmations = confirmations
        self._id = confirmation_id
        self._recheck_after_s = recheck_after_s

    async def changed(self) -> Confirmation:
        """Return the confirmation: immediately at first, then whenever the call should look again; waits while Redis is away.

        Raises:
            NotFoundError: It was erased.
        """
        while True:
            try:
                async with asyncio.timeout(self._recheck_after_s):
                    await self._notified.wait()
            except TimeoutError:
                pass  # a message may have been lost
            self._notified.clear()
            try:
                return await self._confirmations.get(self._id)
            except StoreUnavailableError:
                await asyncio.sleep(_PAUSE_S)
                self._notified.set()


class ConfirmationWatches:
    """Makes a watch for each call."""

    def __init__(
        self, notifications: Notifications, confirmations: Confirmations, *, recheck_after_s: float = RECHECK_AFTER_S
    ) -> None:
        self._notifications = notifications
        self._confirmations = confirmations
        self._recheck_after_s = recheck_after_s

    @asynccontextmanager
    async def watch(self, confirmation_id: str, attempt_id: str) -> AsyncIterator[ConfirmationWatch]:
        """Watch a confirmation during one attempt."""
        async with self._notifications.subscribe(keys.attempt_channel(attempt_id)) as notified:
            yield ConfirmationWatch(notified, self._confirmations, confirmation_id, recheck_after_s=self._recheck_after_s)

    async def attempt_ended(self, confirmation_id: str, attempt_id: str) -> None:
        """Return when the attempt has ended.

        Raises:
            NotFoundError: The confirmation was erased.
        """
        async with self.watch(confirmation_id, attempt_id) as watch:
            while True:
                attempt = (await watch.changed()).open_attempt
                if attempt is None or attempt.id != attempt_id:
                    return
