"""Side by side, unless somebody wants to be alone: then nobody else is in the room."""

import asyncio

from services.dialer_worker.shared_lock import Room


class Log(list[str]):
    """What happened, in order."""

    async def together(self, room: Room, name: str, leave: asyncio.Event) -> None:
        async with room.together():
            self.append(f"{name} in")
            await leave.wait()
        self.append(f"{name} out")

    async def alone(self, room: Room, name: str, leave: asyncio.Event) -> None:
        async with room.alone():
            self.append(f"{name} alone")
            await leave.wait()
            self.append(f"{name} out")


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_several_are_in_the_room_at_once() -> None:
    room, log, leave = Room(), Log(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(log.together(room, "a", leave))
        group.create_task(log.together(room, "b", leave))
        await settle()
        assert log == ["a in", "b in"]
        leave.set()


async def test_who_wants_to_be_alone_waits_for_the_others_and_lets_nobody_in() -> None:
    room, log = Room(), Log()
    first, second, third = asyncio.Event(), asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(log.together(room, "a", first))
        await settle()
        group.create_task(log.alone(room, "b", second))
        group.create_task(log.together(room, "c", third))
        await settle()
        assert log == ["a in"]
        first.set()
        await settle()
        assert log == ["a in", "a out", "b alone"]
        second.set()
        await settle()
        assert log[3:] == ["b out", "c in"]
        third.set()
