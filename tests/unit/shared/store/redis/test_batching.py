"""Runs of a script that come at once share round trips; whatever happens to one caller, the others get their replies."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ResponseError

from shared.store.redis.batching import BatchedScript
from shared.store.redis.scripts import Script


@dataclass
class Trip:
    """One round trip under way, until it is answered."""

    names: list[str]
    outcome: asyncio.Future[list[Any]]  # Any: replies of a script

    def answer(self) -> None:
        self.outcome.set_result([f"to {name}" for name in self.names])


@dataclass
class Redis:
    """A server whose answers the test gives."""

    trips: list[Trip] = field(default_factory=list)
    loaded: int = 0

    def pipeline(self, *, transaction: bool) -> "Pipeline":
        assert not transaction
        return Pipeline(self)

    async def evalsha(self, digest: str, count: int, *words: str) -> object:
        reply = (await self.sent([words[0]]))[0]
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def eval(self, text: str, count: int, *words: str) -> object:
        self.loaded += 1
        return await self.evalsha("", count, *words)

    async def script_load(self, text: str) -> None:
        self.loaded += 1

    async def sent(self, names: list[str]) -> list[Any]:  # Any: replies of a script
        trip = Trip(names, asyncio.get_running_loop().create_future())
        self.trips.append(trip)
        return await trip.outcome


@dataclass
class Pipeline:
    """Commands that are sent to it together."""

    redis: Redis
    names: list[str] = field(default_factory=list)

    def evalsha(self, digest: str, count: int, *words: str) -> None:
        self.names.append(words[0])

    async def execute(self, *, raise_on_error: bool) -> list[Any]:  # Any: replies of a script
        return await self.redis.sent(self.names)


class Scene:
    """Callers `a`, `b`, ... and the server."""

    def __init__(self) -> None:
        self.redis = Redis()
        self.batched = BatchedScript(self.redis, Script.SUBMIT)
        self.callers: dict[str, asyncio.Task[Any]] = {}  # Any: replies of a script

    async def call(self, names: str) -> None:
        for name in names:
            self.callers[name] = asyncio.create_task(self.batched.run(([name], [])))  # owned: replies() awaits it
            await settle()

    @property
    def trips(self) -> list[str]:
        return ["".join(trip.names) for trip in self.redis.trips]

    async def answer(self, index: int) -> None:
        self.redis.trips[index].answer()
        await settle()

    async def replies(self, names: str) -> list[Any]:  # Any: replies of a script
        return await asyncio.gather(*(self.callers[name] for name in names), return_exceptions=True)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
async def scene() -> Scene:
    return Scene()


async def test_a_call_alone_is_sent_at_once(scene: Scene) -> None:
    await scene.call("a")
    assert scene.trips == ["a"]
    await scene.answer(0)
    assert await scene.replies("a") == ["to a"]


async def test_callers_that_come_while_two_are_under_way_share_the_next(scene: Scene) -> None:
    await scene.call("abcde")
    assert scene.trips == ["a", "b"]
    await scene.answer(1)
    assert scene.trips == ["a", "b", "cde"]
    await scene.call("f")
    await scene.answer(0)
    assert scene.trips == ["a", "b", "cde", "f"]
    await scene.answer(2)
    await scene.answer(3)
    assert await scene.replies("abcdef") == [f"to {name}" for name in "abcdef"]


async def test_a_trip_that_fails_fails_for_all_in_it_and_the_next_goes_on(scene: Scene) -> None:
    await scene.call("abcd")
    await scene.answer(0)
    await scene.call("e")
    scene.redis.trips[2].outcome.set_exception(RedisConnectionError("gone"))
    await settle()
    await scene.answer(1)
    await scene.answer(3)
    replies = await scene.replies("abcde")
    assert replies[:2] == ["to a", "to b"]
    assert all(isinstance(reply, RedisConnectionError) for reply in replies[2:4])
    assert replies[4] == "to e"


async def test_the_error_of_one_is_its_own(scene: Scene) -> None:
    await scene.call("abcd")
    await scene.answer(0)
    scene.redis.trips[2].outcome.set_result([ResponseError("of c"), "to d"])
    await scene.answer(1)
    replies = await scene.replies("abcd")
    assert isinstance(replies[2], ResponseError)
    assert replies[3] == "to d"


async def test_scripts_that_were_forgotten_are_sent_again(scene: Scene) -> None:
    await scene.call("a")
    scene.redis.trips[0].outcome.set_result([NoScriptError()])
    await settle()
    assert (scene.redis.loaded, scene.trips) == (1, ["a", "a"])
    await scene.answer(1)
    assert await scene.replies("a") == ["to a"]


async def test_scripts_that_were_forgotten_are_sent_again_for_all_who_share_a_trip(scene: Scene) -> None:
    await scene.call("abcd")
    await scene.answer(0)
    scene.redis.trips[2].outcome.set_result([NoScriptError(), NoScriptError()])
    await settle()
    assert (scene.redis.loaded, scene.trips) == (1, ["a", "b", "cd", "cd"])
    await scene.answer(1)
    await scene.answer(3)
    assert await scene.replies("abcd") == ["to a", "to b", "to c", "to d"]


async def test_an_error_of_one_alone_is_raised(scene: Scene) -> None:
    await scene.call("a")
    scene.redis.trips[0].outcome.set_result([ResponseError("of a")])
    assert isinstance((await scene.replies("a"))[0], ResponseError)


async def test_a_caller_that_is_cancelled_while_it_waits_is_left_out(scene: Scene) -> None:
    await scene.call("abcd")
    scene.callers["c"].cancel()
    await settle()
    await scene.answer(0)
    assert scene.trips == ["a", "b", "d"]
    await scene.answer(1)
    await scene.answer(2)
    assert await scene.replies("abd") == ["to a", "to b", "to d"]


async def test_a_caller_that_is_cancelled_while_it_sends_fails_the_others_and_passes_the_lead_on(scene: Scene) -> None:
    await scene.call("abcd")
    await scene.answer(0)
    await scene.call("e")
    scene.callers["c"].cancel()
    await settle()
    assert scene.trips == ["a", "b", "cd", "e"]
    await scene.answer(1)
    await scene.answer(3)
    replies = await scene.replies("abcde")
    assert isinstance(replies[2], asyncio.CancelledError)
    assert isinstance(replies[3], RedisConnectionError)
    assert replies[4] == "to e"


async def test_a_caller_that_is_cancelled_when_it_gets_the_lead_passes_it_on(scene: Scene) -> None:
    await scene.call("abcd")
    scene.redis.trips[0].answer()
    while len(scene.batched._waiting) == 2:
        await asyncio.sleep(0)  # until `c` is chosen, and has not noticed
    scene.callers["c"].cancel()
    await settle()
    assert scene.trips == ["a", "b", "d"]
    await scene.answer(1)
    await scene.answer(2)
    assert await scene.replies("abd") == ["to a", "to b", "to d"]
