"""Long work of many requests holds up the others for one stretch at a time."""

import asyncio

import pytest

from services.webhook.http.long_work import STRETCH_S, LongWork


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_between_two_turns_of_others_only_one_of_the_long_works_goes_on() -> None:
    clock = Clock()
    work = LongWork(clock=clock)
    stretches = 0

    async def long_work() -> None:
        nonlocal stretches
        async with work.turns() as turns:
            for _ in range(10):
                stretches += 1
                clock.now += 2 * STRETCH_S
                await turns.give()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(long_work()) for _ in range(4)]
        while not all(task.done() for task in tasks):
            before = stretches
            await asyncio.sleep(0)
            assert stretches - before <= 1
    assert stretches == 40


async def test_short_work_gives_no_turn() -> None:
    work = LongWork(clock=Clock())
    others: list[str] = []
    async with work.turns() as turns, asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0)).add_done_callback(lambda _: others.append("done"))
        await turns.give()
        assert others == []


async def test_work_that_is_cancelled_leaves_the_turn_to_others() -> None:
    clock = Clock()
    work = LongWork(clock=clock)

    async def endless() -> None:
        async with work.turns() as turns:
            while True:
                clock.now += 2 * STRETCH_S
                await turns.give()

    async with asyncio.TaskGroup() as group:
        many = [group.create_task(endless()) for _ in range(3)]
        for _ in range(20):
            await asyncio.sleep(0)
        for one in many:
            one.cancel()
    async with asyncio.timeout(1), work.turns() as turns:
        await turns.give()
    with pytest.raises(ZeroDivisionError):
        async with work.turns():
            raise ZeroDivisionError
    async with asyncio.timeout(1), work.turns():
        pass
