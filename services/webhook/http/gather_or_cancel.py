"""`asyncio.gather` for two coroutines, of which none outlives the failure of the other."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

First = TypeVar("First")
Second = TypeVar("Second")


async def gather_or_cancel(
    first: Coroutine[Any, Any, First],  # Any: what the event loop sends and receives
    second: Coroutine[Any, Any, Second],  # Any: as above
) -> tuple[First, Second]:
    """Run both at the same time and return their results.

    If one raises, the other is cancelled, and the error is raised as it is, not in a group.
    """
    try:
        async with asyncio.TaskGroup() as group:
            one, other = group.create_task(first), group.create_task(second)
    except BaseExceptionGroup as failures:
        failure = failures.exceptions[0]  # the first to fail
    else:
        return one.result(), other.result()
    raise failure
