"""Long work in stretches, one at a time in this process: between two of them the other requests have their turn."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

STRETCH_S = 0.005
"""How long one request may keep the loop before others get their turn. Another request needs several turns to be answered."""


class Turns:
    """The turns of one request; it keeps the loop from `take` to `end`, but for the moments in which it gives."""

    def __init__(self, floor: asyncio.Lock, clock: Callable[[], float]) -> None:
        self._floor = floor
        self._clock = clock
        self._has_floor = False
        self._began_at = 0.0

    async def take(self) -> None:
        """Wait for the turn."""
        await self._floor.acquire()
        self._has_floor = True
        self._began_at = self._clock()

    def end(self) -> None:
        """Leave the loop to others for good."""
        if self._has_floor:
            self._has_floor = False
            self._floor.release()

    async def give(self) -> None:
        """Let others go on, if this request has kept the loop for a stretch."""
        if self._clock() - self._began_at < STRETCH_S:
            return
        await asyncio.sleep(0)  # before the next long work begins its stretch
        self.end()
        await self.take()


class LongWork:
    """All long work of this process. However many requests do some, the others wait for one stretch, not for one of each."""

    def __init__(self, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._floor = asyncio.Lock()

    @asynccontextmanager
    async def turns(self) -> AsyncIterator[Turns]:
        """Work in turns with all others; the block waits for nothing but its turns."""
        turns = Turns(self._floor, self._clock)
        await asyncio.sleep(0)
        await turns.take()
        try:
            yield turns
        finally:
            turns.end()
