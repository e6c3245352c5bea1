"""One read for all who ask at the same moment, and none that began before somebody asked."""

import asyncio
from dataclasses import dataclass, field

import pytest

from services.webhook.http.single_flight import SharedReads


@dataclass
class Library:
    """What is read, when the test says so."""

    reads: list[tuple[str, asyncio.Future[str]]] = field(default_factory=list)

    async def read(self, key: str) -> str:
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.reads.append((key, future))
        return await future

    @property
    def keys(self) -> str:
        return "".join(key for key, _ in self.reads)


@pytest.fixture
async def library() -> Library:
    return Library()


async def turn() -> None:
    for _ in range(4):
        await asyncio.sleep(0)


async def test_who_asks_at_the_same_moment_shares_a_read(library: Library) -> None:
    shared = SharedReads(library.read)
    asking = [asyncio.create_task(shared.get(key)) for key in "aaab"]  # owned: awaited in this test
    await turn()
    assert library.keys == "ab"
    for key, future in library.reads:
        future.set_result(key.upper())
    assert await asyncio.gather(*asking) == ["A", "A", "A", "B"]


async def test_who_asks_after_a_read_began_gets_another(library: Library) -> None:
    shared = SharedReads(library.read)
    first = asyncio.create_task(shared.get("a"))  # owned: awaited in this test
    await turn()
    second = asyncio.create_task(shared.get("a"))  # owned: awaited in this test
    await turn()
    assert library.keys == "aa"
    library.reads[1][1].set_result("new")
    library.reads[0][1].set_result("old")
    assert (await first, await second) == ("old", "new")


async def test_a_failure_is_everybodys(library: Library) -> None:
    shared = SharedReads(library.read)
    asking = [asyncio.create_task(shared.get("a")) for _ in range(3)]  # owned: awaited in this test
    await turn()
    library.reads[0][1].set_exception(OSError("gone"))
    assert [type(error) for error in await asyncio.gather(*asking, return_exceptions=True)] == [OSError] * 3


async def test_one_who_leaves_takes_nobody_along(library: Library) -> None:
    shared = SharedReads(library.read)
    reader, second, third = [asyncio.create_task(shared.get("a")) for _ in range(3)]  # owned: awaited in this test
    await turn()
    third.cancel()
    reader.cancel()
    await turn()
    assert library.keys == "aa"
    library.reads[1][1].set_result("A")
    assert await second == "A"
    assert reader.cancelled()
    assert third.cancelled()


async def test_one_who_leaves_before_the_read_began_leaves_it_to_the_others(library: Library) -> None:
    shared = SharedReads(library.read)
    reader, second = [asyncio.create_task(shared.get("a")) for _ in range(2)]  # owned: awaited in this test
    await asyncio.sleep(0)
    reader.cancel()
    await turn()
    assert library.keys == "a"
    library.reads[0][1].set_result("A")
    assert await second == "A"
