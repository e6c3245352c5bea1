"""How long the work on a request keeps the event loop, in time of the processor, so that a busy machine changes nothing."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Let the collector spare what is there before the block, and run as seldom as the service lets it."""
    threshold = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


@asynccontextmanager
async def stretches() -> AsyncIterator[list[float]]:
    """Yield the longest time, in seconds, for which the block's tasks kept the loop: a list of one."""
    longest = [0.0]

    async def watch() -> None:
        while True:
            began_at = time.thread_time()
            await asyncio.sleep(0)
            longest[0] = max(longest[0], time.thread_time() - began_at)

    async with asyncio.TaskGroup() as group:
        watching = group.create_task(watch())
        await asyncio.sleep(0)
        yield longest
        watching.cancel()
