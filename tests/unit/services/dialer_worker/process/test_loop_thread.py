"""Work runs side by side in a loop of its own; what fails is logged with its traceback and without anybody's data."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from services.dialer_worker.process.loop_thread import LoopThread
from shared.core.errors import StoreUnavailableError

LIMIT_S = 5.0
PHONE = "+38344123456"
LogEntries = Callable[[], list[dict[str, Any]]]  # Any: JSON


class Closed:
    """What the thread closes at its end."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> None:
        self.times += 1


def run_one(run: Callable[[], Awaitable[None]], *, timeout_s: float = LIMIT_S) -> None:
    with LoopThread(max_at_once=1, timeout_s=timeout_s, close=Closed()) as thread:
        thread.submit(run, confirmation_id="cnf_1")


def read_number(text: str) -> int:
    return int(text)


async def fail_unexpectedly() -> None:
    read_number(f"{PHONE} of Arta")


async def fail_without_redis() -> None:
    raise StoreUnavailableError("no answer")


async def never_end() -> None:
    await asyncio.Event().wait()


def test_an_unexpected_fault_is_logged_with_a_redacted_traceback(configured: Callable[[], LogEntries]) -> None:
    entries = configured()
    run_one(fail_unexpectedly)
    [entry] = entries()
    assert (entry["event"], entry["level"], entry["reason"]) == ("attending_failed", "error", "ValueError")
    assert entry["confirmation_id"] == "cnf_1"
    assert "read_number" in entry["exception"]
    assert "test_loop_thread.py" in entry["exception"]
    assert "Arta" not in json.dumps(entry)
    assert "38344123456" not in json.dumps(entry)


def test_redis_away_is_a_warning_with_its_reason(configured: Callable[[], LogEntries]) -> None:
    entries = configured()
    run_one(fail_without_redis)
    [entry] = entries()
    assert (entry["event"], entry["level"], entry["reason"]) == ("attending_postponed", "warning", "no answer")


def test_work_that_does_not_end_in_time_is_cancelled(configured: Callable[[], LogEntries]) -> None:
    entries = configured()
    run_one(never_end, timeout_s=0.01)
    assert [entry["event"] for entry in entries()] == ["attending_timed_out"]


def test_a_fault_ends_no_other_work_and_everything_is_closed_after_the_last(configured: Callable[[], LogEntries]) -> None:
    configured()
    closed, done = Closed(), threading.Event()

    async def work() -> None:
        assert closed.times == 0
        done.set()

    with LoopThread(max_at_once=2, timeout_s=LIMIT_S, close=closed) as thread:
        thread.submit(fail_unexpectedly)
        thread.submit(work)
    assert done.is_set()
    assert closed.times == 1


class Crowd:
    """Work that ends only after two pieces of it have run at once."""

    def __init__(self) -> None:
        self.most_at_once = 0
        self._running = 0
        self._two = asyncio.Event()

    async def __call__(self) -> None:
        self._running += 1
        self.most_at_once = max(self.most_at_once, self._running)
        if self._running == 2:
            self._two.set()
        await self._two.wait()
        for _ in range(20):  # whatever else was handed in would begin meanwhile
            await asyncio.sleep(0)
        self._running -= 1


def test_as_much_work_as_allowed_runs_at_once_and_no_more() -> None:
    crowd = Crowd()
    with LoopThread(max_at_once=2, timeout_s=LIMIT_S, close=Closed()) as thread:
        for _ in range(20):
            thread.submit(crowd)
    assert crowd.most_at_once == 2


def test_one_at_a_time_means_that_submit_returns_when_the_work_has_ended() -> None:
    ended: list[int] = []

    async def work() -> None:
        await asyncio.sleep(0)
        ended.append(1)

    with LoopThread(max_at_once=1, timeout_s=LIMIT_S, close=Closed()) as thread:
        for number in range(1, 6):
            thread.submit(work)
            assert len(ended) == number
