"""The tasks of one process: its calls, and the writes that outlive theirs."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

import structlog

log = structlog.get_logger()


class CallTasks:
    """Runs calls and background tasks while `running` is entered; before and after, to start one raises RuntimeError."""

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()
        self._calls: set[asyncio.Task[None]] = set()
        self._count = 0
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    @property
    def count(self) -> int:
        """How many calls and background tasks are not done yet."""
        return self._count

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let tasks run within; entered once. At the end those that are left are awaited, or cancelled with whoever waits."""
        async with self._group:
            yield

    def start_call(self, call: Coroutine[None, None, None]) -> None:
        """Run a call, which `cancel_calls` may break off."""
        self._calls.add(self._start(call))

    def run_in_background(self, work: Coroutine[None, None, None]) -> None:
        """Run a task that may outlive its call."""
        self._start(work)

    def cancel_calls(self) -> None:
        """Break off the calls that still go on; their background tasks go on."""
        for call in self._calls:
            call.cancel()

    async def idle(self, limit_s: float) -> bool:
        """Wait until no task is left, at most `limit_s` seconds; returns whether that is so."""
        try:
            async with asyncio.timeout(limit_s):
                await self._is_idle.wait()
        except TimeoutError:
            return False
        return True

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        guarded = _guarded(work)
        try:
            task = self._group.create_task(guarded)
        except RuntimeError:  # we are not running
            guarded.close()
            work.close()
            raise
        self._count += 1
        self._is_idle.clear()
        task.add_done_callback(self._note_end)
        return task

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        self._count -= 1
        if not self._count:
            self._is_idle.set()


async def _guarded(work: Coroutine[None, None, None]) -> None:
    """Run a call, or a write; a failure ends no other."""
    try:
        await work
    except Exception:  # outermost: one call that fails must not end the others
        log.exception("task_failed")
