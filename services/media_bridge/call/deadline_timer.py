"""The timer for the conversation's next deadline, which moves with every mark."""

import asyncio
from collections.abc import Callable


class DeadlineTimer:
    """Calls `on_reached` once the deadline has passed. `clock` and deadlines are in monotonic seconds."""

    def __init__(self, *, clock: Callable[[], float], on_reached: Callable[[], None]) -> None:
        self._clock = clock
        self._on_reached = on_reached
        self._deadline: float | None = None  # None: there is none
        self._handle: asyncio.TimerHandle | None = None  # None: no timer is running
        self._wakes_at = 0.0

    def set(self, deadline: float | None) -> None:
        """Wait for this deadline alone; a running timer that wakes earlier stays, and starts the next one when it does."""
        self._deadline = deadline
        if deadline is None or (self._handle is not None and self._wakes_at <= deadline):
            return
        self.stop()
        self._wakes_at = deadline
        self._handle = asyncio.get_running_loop().call_later(max(0.0, deadline - self._clock()), self.wake)

    def stop(self) -> None:
        """Wait for no deadline."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def wake(self) -> None:
        """Look whether the deadline has passed; the event loop calls this when the timer is up."""
        self._handle = None
        if self._deadline is not None and self._deadline <= self._clock():
            self._on_reached()
        else:
            self.set(self._deadline)
