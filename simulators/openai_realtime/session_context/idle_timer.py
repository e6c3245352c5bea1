"""`idle_timeout_ms`: if nobody speaks for that long after a response has been played, the model asks again."""

import asyncio
from collections.abc import Awaitable, Callable

from simulators.openai_realtime.session_context.tasks import SessionTasks


class IdleTimer:
    """Runs an action after a silence; never while the customer's turn is open."""

    def __init__(self, tasks: SessionTasks) -> None:
        self._tasks = tasks
        self._running: asyncio.Task[None] | None = None
        self._is_turn_open = False

    def turn_began(self) -> None:
        """The customer has begun to speak."""
        self.cancel()
        self._is_turn_open = True

    def turn_ended(self) -> None:
        """The customer's turn is over, committed or cleared."""
        self._is_turn_open = False

    def start(self, action: Callable[[], Awaitable[None]]) -> None:
        """Begin to wait anew; `action` does the waiting too, and is cancelled if somebody speaks before its end."""
        self.cancel()
        if not self._is_turn_open:
            self._running = self._tasks.start(_run(action))

    def cancel(self) -> None:
        """Stop waiting. The action itself may call this when it begins a response: it then goes on."""
        if self._running is not None and self._running is not asyncio.current_task():
            self._running.cancel()
        self._running = None


async def _run(action: Callable[[], Awaitable[None]]) -> None:
    await action()
