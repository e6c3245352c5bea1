"""How many calls are open in all. The question is asked of Redis each second; the answer also shows health that Redis is there."""

import math
from typing import Protocol

from services.media_bridge.process.shared_memory import BridgeSharedMemory


class CallCounter(Protocol):
    """Counts the calls of all services."""

    async def calls_open(self) -> int:
        """Return how many places are taken among the calls at once.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        ...


class OpenCalls:
    """The last answer; 0 while Redis is away."""

    def __init__(self, counter: CallCounter, shared_memory: BridgeSharedMemory) -> None:
        self._counter = counter
        self._shared_memory = shared_memory
        self._count = 0

    async def refresh(self) -> None:
        """Ask anew; a health check.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        found = 0
        try:
            found = await self._counter.calls_open()
        finally:
            self._count = found

    def ringing(self) -> int:
        """Return this process's share of the open calls that have no stream here: some ring, some are with another bridge."""
        memory = self._shared_memory
        return math.ceil(max(0, self._count - memory.streams) / memory.count)
