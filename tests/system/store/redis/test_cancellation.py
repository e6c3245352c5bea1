"""A task that is asked to end does end, also when a library on the way swallowed the request."""

import asyncio
from contextlib import suppress

import pytest

from shared.core.errors import StoreUnavailableError
from shared.store.redis.connection import translated


async def test_a_swallowed_cancellation_is_raised_again() -> None:
    async def deaf() -> None:
        async with translated():
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(10)

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(deaf())
        await asyncio.sleep(0)
        task.cancel()
    assert task.cancelled()


async def test_a_swallowed_cancellation_counts_more_than_an_error() -> None:
    async def deaf() -> None:
        async with translated():
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(10)
            raise OSError

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(deaf())
        await asyncio.sleep(0)
        task.cancel()
    assert task.cancelled()


async def test_a_task_that_cleans_up_after_its_cancellation_may_use_the_store() -> None:
    cleaned: list[bool] = []

    async def tidy() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            async with translated():
                await asyncio.sleep(0)
            cleaned.append(True)

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(tidy())
        await asyncio.sleep(0)
        task.cancel()
    assert cleaned == [True]


async def test_what_takes_too_long_is_an_error_of_the_store() -> None:
    with pytest.raises(StoreUnavailableError):
        async with translated(0.01):
            await asyncio.sleep(10)
