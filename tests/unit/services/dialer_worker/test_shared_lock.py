"""Many hold the lock together, or one alone; whoever came first is served first."""

import asyncio

from services.dialer_worker.shared_lock import SharedLock


class Log(list[str]):
    """What happened, in order."""

    async def shared(self, lock: SharedLock, name: str, leave: asyncio.Event) -> None:
        async with lock.shared():
            self.append(f"{name} in")
            await leave.wait()
        self.append(f"{name} out")

    async def exclusive(self, lock: SharedLock, name: str, leave: asyncio.Event) -> None:
        async with lock.exclusive():
            self.append(f"{name} alone")
            await leave.wait()
            self.append(f"{name} out")


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_several_hold_it_at_once() -> None:
    lock, log, leave = SharedLock(), Log(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(log.shared(lock, "a", leave))
        group.create_task(log.shared(lock, "b", leave))
        await settle()
        assert log == ["a in", "b in"]
        leave.set()


async def test_who_wants_it_alone_waits_for_the_others_and_lets_nobody_in() -> None:
    lock, log = SharedLock(), Log()
    first, second, third = asyncio.Event(), asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(log.shared(lock, "a", first))
        await settle()
        group.create_task(log.exclusive(lock, "b", second))
        group.create_task(log.shared(lock, "c", third))
        await settle()
        assert log == ["a in"]
        first.set()
        await settle()
        assert log == ["a in", "a out", "b alone"]
        second.set()
        await settle()
        assert log[3:] == ["b out", "c in"]
        third.set()


async def test_one_that_waits_to_be_alone_does_not_overtake_another_request() -> None:
    lock, log = SharedLock(), Log()
    first, others = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(log.exclusive(lock, "a", first))
        await settle()
        group.create_task(log.shared(lock, "b", others))
        group.create_task(log.exclusive(lock, "c", others))
        first.set()
        await settle()
        assert log == ["a alone", "a out", "b in"]
        others.set()


async def test_when_one_that_waits_to_be_alone_gives_up_those_behind_it_go_on_at_once() -> None:
    lock, log = SharedLock(), Log()
    leave = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(log.shared(lock, "a", leave))
        await settle()
        waiting = group.create_task(log.exclusive(lock, "b", leave))
        await settle()
        group.create_task(log.shared(lock, "c", leave))
        await settle()
        assert log == ["a in"]
        waiting.cancel()
        await settle()
        assert log == ["a in", "c in"]
        leave.set()


async def test_one_that_is_cancelled_while_it_holds_the_lock_releases_it() -> None:
    lock, log = SharedLock(), Log()
    never, leave = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        shared = group.create_task(log.shared(lock, "a", never))
        await settle()
        exclusive = group.create_task(log.exclusive(lock, "b", never))
        shared.cancel()
        await settle()
        assert log == ["a in", "b alone"]
        exclusive.cancel()
        group.create_task(log.shared(lock, "c", leave))
        await settle()
        assert log[2:] == ["c in"]
        leave.set()
