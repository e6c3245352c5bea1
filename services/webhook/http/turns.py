"""Long work in pieces: other requests get their turn at the event loop between them."""

import asyncio
import time

STRETCH_S = 0.01
"""How long one request may keep the loop before others get their turn."""


class Turns:
    """Counts how long one request has kept the loop."""

    def __init__(self) -> None:
        self._began_at = time.perf_counter()

    async def give(self) -> None:
        """Let other tasks run, if this one has kept the loop for a stretch."""
        if time.perf_counter() - self._began_at < STRETCH_S:
            return
        await self.give_now()

    async def give_now(self) -> None:
        """Let other tasks run."""
        await asyncio.sleep(0)
        self._began_at = time.perf_counter()
