"""Two coroutines, run at the same time."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

First = TypeVar("First")
Second = TypeVar("Second")


async def run_both(
    first: Coroutine[Any, Any, First],  # Any: what the event loop sends and receives
    second: Coroutine[Any, Any, Second],  # Any: as above
) -> tuple[First, Second]:
    """Return what both return. If one raises, the other is cancelled, and the error is raised as it is, not in a group."""
    try:
        async with asyncio.TaskGroup() as group:
            one, other = group.create_task(first), group.create_task(second)
    except BaseExceptionGroup as failures:
        failure = failures.exceptions[0]  # the first to fail
    else:
        return one.result(), other.result()
    raise failure
