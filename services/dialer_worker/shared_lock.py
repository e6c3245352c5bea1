"""A lock that many tasks may hold together, or one task alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class SharedLock:
    """Grants requests of both kinds in the order in which they were made, so that neither kind can starve the other.

    A waiting `exclusive` lets no later request in. If it is cancelled, those behind it go on at once.
    """

    def __init__(self) -> None:
        self._next = asyncio.Lock()  # held by the first in the queue; an asyncio.Lock is fair
        self._holders = 0
        self._is_free = asyncio.Event()
        self._is_free.set()

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Hold the lock together with others."""
        async with self._next:
            self._holders += 1
            self._is_free.clear()
        try:
            yield
        finally:
            self._holders -= 1
            if not self._holders:
                self._is_free.set()

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[None]:
        """Hold the lock alone: wait until all others have released it, and let nobody in until the block ends."""
        async with self._next:
            await self._is_free.wait()
            yield
