"""How many calls are open in all, asked of Redis again and again; that it answers is the sign of life which health asks for."""

import math
from typing import Protocol

from services.media_bridge.process.shared_memory import Siblings


class CallCounter(Protocol):
    """Who knows of all calls."""

    async def calls_open(self) -> int:
        """Return how many places are taken among the calls at once.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        ...


class OpenCalls:
    """The last answer; with Redis away, none are known of."""

    def __init__(self, counter: CallCounter, siblings: Siblings) -> None:
        self._counter = counter
        self._siblings = siblings
        self._count = 0

    async def look(self) -> None:
        """Ask anew (health check).

        Raises:
            StoreUnavailableError: Redis is away.
        """
        found = 0
        try:
            found = await self._counter.calls_open()
        finally:
            self._count = found

    def ringing(self) -> int:
        """Return this process's share of the calls that are open and not with us: some ring, some another bridge has."""
        return math.ceil(max(0, self._count - self._siblings.streams) / self._siblings.count)
