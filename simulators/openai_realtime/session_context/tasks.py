"""The tasks of a session: those that end with it, and those that it waits for."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

Result = TypeVar("Result")


class SessionTasks:
    """Starts tasks in the task group of one session."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._cancellable: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Run something that is cancelled when the session ends."""
        task = self._group.create_task(work)
        self._cancellable.add(task)
        task.add_done_callback(self._cancellable.discard)
        return task

    def start_to_finish(self, work: Coroutine[object, object, Result]) -> asyncio.Task[Result]:
        """Run something that the end of the session waits for."""
        return self._group.create_task(work)

    def cancel(self) -> None:
        """Cancel what `start` began; the session has ended."""
        for task in self._cancellable:
            task.cancel()
