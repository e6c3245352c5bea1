"""A room in which work goes on side by side, unless some of it wants to be alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Room:
    """Both kinds wait in the order in which they come; who is alone waits until the others have left."""

    def __init__(self) -> None:
        self._door = asyncio.Lock()
        self._inside = 0
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """Be in the room with others."""
        async with self._door:
            self._inside += 1
            self._is_empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._is_empty.set()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Have the room for oneself; nobody else comes in until one has left."""
        async with self._door:
            await self._is_empty.wait()
            yield
