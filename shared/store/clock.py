"""Redis's clock, which all processes share, without a round trip each time it is asked."""

import time
from datetime import datetime, timedelta

from shared.store.codec import from_time
from shared.store.connection import Client

_TRUSTED_S = 30.0  # clocks drift apart by far less than a millisecond in that time


class StoreClock:
    """Redis's TIME, carried on by this process's monotonic clock between two looks."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._anchor: tuple[datetime, float] | None = None

    async def now(self) -> datetime:
        """Return the present moment by Redis's clock (aware UTC)."""
        if self._anchor is None or time.monotonic() - self._anchor[1] > _TRUSTED_S:
            seconds, micros = await self._client.time()
            self.learn(from_time(int(seconds), int(micros)))
        return self._read()

    def learn(self, moment: datetime) -> None:
        """Take over what Redis's clock just said."""
        self._anchor = (moment, time.monotonic())

    def _read(self) -> datetime:
        if self._anchor is None:  # pragma: no cover - `now` has just set it
            raise RuntimeError("the clock was read before it was set")
        moment, at = self._anchor
        return moment + timedelta(seconds=time.monotonic() - at)
