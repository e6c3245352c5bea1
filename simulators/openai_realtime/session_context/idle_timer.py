"""`idle_timeout_ms`: if nobody speaks for this time after a response has been played, the model asks again."""

import asyncio
from collections.abc import Awaitable, Callable

from simulators.openai_realtime.session_context.tasks import SessionTasks


class IdleTimer:
    """Runs an action after a silence, but never while the customer's turn is in progress."""

    def __init__(self, tasks: SessionTasks) -> None:
        self._tasks = tasks
        self._running: asyncio.Task[None] | None = None
        self._is_turn_open = False

    def turn_began(self) -> None:
        """Note that the customer has begun to speak."""
        self.cancel()
        self._is_turn_open = True

    def turn_ended(self) -> None:
        """Note that the customer's turn has ended, by a commit or a clear."""
        self._is_turn_open = False

    def start(self, action: Callable[[], Awaitable[None]]) -> None:
        """Start the wait again; `action` also does the waiting, and is cancelled if somebody speaks before it ends."""
        self.cancel()
        if not self._is_turn_open:
            self._running = self._tasks.start(_run(action))

    def cancel(self) -> None:
        """Stop waiting. If the action itself calls this because it creates a response, the action continues."""
        if self._running is not None and self._running is not asyncio.current_task():
            self._running.cancel()
        self._running = None


async def _run(action: Callable[[], Awaitable[None]]) -> None:
    await action()
