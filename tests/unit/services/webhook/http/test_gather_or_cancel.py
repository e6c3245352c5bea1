"""Two things are done at the same time, and one that fails stops the other."""

import asyncio

import pytest

from services.webhook.http.gather_or_cancel import gather_or_cancel


async def test_each_goes_on_while_the_other_waits() -> None:
    first_began, second_began = asyncio.Event(), asyncio.Event()

    async def first() -> int:
        first_began.set()
        await second_began.wait()
        return 1

    async def second() -> str:
        second_began.set()
        await first_began.wait()
        return "2"

    assert await gather_or_cancel(first(), second()) == (1, "2")


async def test_an_error_is_raised_as_it_is_and_the_other_is_cancelled() -> None:
    ended = []

    async def never() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("never")

    async def fails() -> None:
        await asyncio.sleep(0)
        raise OSError("gone")

    for pair in ((never(), fails()), (fails(), never())):
        with pytest.raises(OSError, match="gone"):
            await gather_or_cancel(*pair)
    assert ended == ["never", "never"]


async def test_whoever_cancels_it_cancels_both() -> None:
    ended = []

    async def never(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    pair = asyncio.create_task(gather_or_cancel(never("a"), never("b")))  # owned: awaited in this test
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    pair.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pair
    assert sorted(ended) == ["a", "b"]
