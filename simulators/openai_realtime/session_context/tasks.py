"""The tasks of a session: those that end with it, and those whose end it waits for."""

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
        """Run a coroutine that is cancelled at the session's end."""
        task = self._group.create_task(work)
        self._cancellable.add(task)
        task.add_done_callback(self._cancellable.discard)
        return task

    def start_to_finish(self, work: Coroutine[object, object, Result]) -> asyncio.Task[Result]:
        """Run a coroutine that the session waits for before it ends."""
        return self._group.create_task(work)

    def cancel(self) -> None:
        """Cancel the tasks that `start` began; call it at the session's end."""
        for task in self._cancellable:
            task.cancel()
