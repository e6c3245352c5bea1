"""An event loop in a thread of its own: a synchronous caller hands coroutines to it, which run side by side."""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Self

import structlog

from shared.core.errors import StoreUnavailableError, TelephonyError

_log = structlog.get_logger(__name__)


class LoopThread:
    """A context: on entry the thread starts, on exit it ends the work in hand and calls `close`, both in its loop.

    At most `max_at_once` pieces of work run at a time, each for at most `timeout_s`.
    """

    def __init__(self, *, max_at_once: int, timeout_s: float, close: Callable[[], Awaitable[None]]) -> None:
        self._timeout_s = timeout_s
        self._close = close
        self._free_slots = threading.Semaphore(max_at_once - 1)  # `submit` takes one after it has handed its work over
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="loop", daemon=True)
        # What was submitted and has not begun, and at the end None. `_free_slots` keeps it from ever being full.
        self._submitted: asyncio.Queue[Coroutine[None, None, None] | None] = asyncio.Queue(max_at_once + 1)

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Wait until the work in hand has ended, each piece within its time limit, and everything is closed."""
        self._loop.call_soon_threadsafe(self._submitted.put_nowait, None)
        self._thread.join()

    def submit(self, run: Callable[[], Awaitable[None]], **log_context: str) -> None:
        """Start a piece of work in the loop and return as soon as there is room for another one.

        `log_context` stands in each log entry that the work writes. A failure is logged and goes no further.
        """
        self._loop.call_soon_threadsafe(self._submitted.put_nowait, self._in_slot(run, log_context))
        self._free_slots.acquire()

    async def _in_slot(self, run: Callable[[], Awaitable[None]], log_context: dict[str, str]) -> None:
        with structlog.contextvars.bound_contextvars(**log_context):
            try:
                await self._run_limited(run)
            finally:
                self._free_slots.release()

    async def _run_limited(self, run: Callable[[], Awaitable[None]]) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                await run()
        except TimeoutError:
            _log.error("attending_timed_out")
        except (StoreUnavailableError, TelephonyError) as error:
            _log.warning("attending_postponed", reason=str(error))
        except Exception as error:  # outermost: of one piece of work
            _log.exception("attending_failed", reason=type(error).__name__)

    def _run(self) -> None:
        """Run the loop in the thread. If the loop fails, end the process: without the loop it can do no work."""
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException:  # outermost: of this thread
            _log.exception("desk_failed")
            os._exit(1)
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                while (work := await self._submitted.get()) is not None:
                    group.create_task(work)
        finally:
            await self._close()
