"""Calls and the writes that outlive them."""

import asyncio

import pytest

from services.media_bridge.process.call_tasks import CallTasks


async def nothing() -> None: ...


async def failing() -> None:
    raise ValueError


async def test_work_that_comes_before_anything_runs_is_refused_aloud() -> None:
    tasks = CallTasks()
    with pytest.raises(RuntimeError):
        tasks.run_in_background(nothing())
    with pytest.raises(RuntimeError):
        tasks.start_call(nothing())
    assert tasks.count == 0
    assert await tasks.idle(0.01)


async def test_all_is_counted_until_it_is_done() -> None:
    tasks = CallTasks()
    async with tasks.running():
        tasks.start_call(nothing())
        tasks.run_in_background(nothing())
        assert tasks.count == 2
        assert await tasks.idle(1)
    assert tasks.count == 0


async def test_a_call_that_fails_ends_no_other() -> None:
    tasks, has_ended = CallTasks(), asyncio.Event()

    async def other() -> None:
        await asyncio.sleep(0)
        has_ended.set()

    async with tasks.running():
        tasks.start_call(failing())
        tasks.start_call(other())
    assert has_ended.is_set()
