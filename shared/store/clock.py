"""Redis's clock, which all processes share, without a round trip for each question."""

import time
from datetime import datetime, timedelta

from shared.store.records.codec import from_time
from shared.store.redis.connection import Client

_TRUSTED_S = 30.0  # clocks drift apart by far less than a millisecond in that time


class StoreClock:
    """Redis's TIME; between two readings this process's monotonic clock continues it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._anchor: tuple[datetime, float] | None = None

    async def now(self) -> datetime:
        """Return the present moment by Redis's clock (aware UTC)."""
        known = self.known()
        if known is not None:
            return known
        seconds, micros = await self._client.time()
        moment = from_time(int(seconds), int(micros))
        self.learn(moment)
        return moment

    def known(self) -> datetime | None:
        """Return the present moment, or None if Redis must be asked."""
        if self._anchor is None:
            return None
        moment, at = self._anchor
        passed_s = time.monotonic() - at
        return moment + timedelta(seconds=passed_s) if passed_s <= _TRUSTED_S else None

    def learn(self, moment: datetime) -> None:
        """Note what Redis's clock said just now."""
        self._anchor = (moment, time.monotonic())
