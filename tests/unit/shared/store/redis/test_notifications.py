"""One task owns the subscription: it adapts it to what is wanted, and leaves a connection that has failed."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Self

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from shared.store import keys
from shared.store.redis import notifications as module
from shared.store.redis.notifications import Notifications

Read = Callable[[], Coroutine[Any, Any, dict[str, Any] | None]]  # Any: redis-py's message, with values of many types


def said(channel: str, text: bytes) -> dict[str, Any]:  # Any: as in `Read`
    return {"type": "message", "channel": channel.encode(), "data": text}


class Server:
    """Gives out subscriptions; each reads what `reads` says, and then nothing more."""

    def __init__(self) -> None:
        self.reads: deque[Read] = deque()
        self.subscriptions: list[FakePubSub] = []

    def pubsub(self) -> "FakePubSub":
        self.subscriptions.append(FakePubSub(self))
        return self.subscriptions[-1]


class FakePubSub:
    """The part of redis-py's PubSub that is used; a second user at the same time is a fault, as it is there."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._is_used = False
        self.channels: set[str] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        self.channels.clear()

    @asynccontextmanager
    async def _used(self) -> AsyncIterator[None]:
        assert not self._is_used
        self._is_used = True
        try:
            yield
        finally:
            self._is_used = False

    async def subscribe(self, *channels: str) -> None:
        async with self._used():
            await asyncio.sleep(0)
            self.channels.update(channels)

    async def unsubscribe(self, *channels: str) -> None:
        async with self._used():
            await asyncio.sleep(0)
            self.channels.difference_update(channels)

    async def ping(self) -> None:
        async with self._used():
            await asyncio.sleep(0)

    async def get_message(self, *, timeout: float) -> dict[str, Any] | None:  # noqa: ASYNC109 - redis-py's  # Any: as in `Read`
        async with self._used():
            if self._server.reads:
                return await self._server.reads.popleft()()
            await asyncio.Event().wait()
            return None


@pytest.fixture
def server() -> Server:
    return Server()


@asynccontextmanager
async def receiving(server: Server) -> AsyncIterator[Notifications]:
    notifications = Notifications(server)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(notifications.run())
        await settle()
        yield notifications
        running.cancel()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_what_is_wanted_is_subscribed_to_at_once_and_left_at_once(server: Server) -> None:
    async with receiving(server) as notifications:
        (pubsub,) = server.subscriptions
        async with notifications.subscribe("one"), notifications.subscribe("one", subject="cnf_1"), notifications.subscribe("two"):
            await settle()
            assert pubsub.channels == {keys.IDLE_CHANNEL, "one", "two"}
        await settle()
        assert pubsub.channels == {keys.IDLE_CHANNEL}
    assert len(server.subscriptions) == 1


@pytest.mark.parametrize(
    ("text", "is_mine"),
    [
        (b'{"id":"cnf_1.1","subject":"cnf_1","data":{"subject":"cnf_2"}}', True),
        (b'{"id":"cnf_2.1","data":{"subject":"cnf_1"},"subject":"cnf_2"}', False),
        (b'{"id":"cnf_2.1","data":{"note":"\\"subject\\":\\"cnf_1\\""},"subject":"cnf_2"}', False),
        (b"cnf_1", False),
        (b"", False),
    ],
)
async def test_a_subject_is_the_envelopes_own(server: Server, text: bytes, *, is_mine: bool) -> None:
    arrives = asyncio.Event()

    async def read() -> dict[str, Any]:  # Any: as in `Read`
        await arrives.wait()
        return said("one", text)

    async with (
        receiving(server) as notifications,
        notifications.subscribe("one") as every,
        notifications.subscribe("one", subject="cnf_1") as mine,
    ):
        await settle()
        server.reads.append(read)
        async with notifications.subscribe("two"):  # interrupts the read that waits; `read` is the next
            await settle()
            mine.clear()
            every.clear()
            arrives.set()
            await settle()
            assert (every.is_set(), mine.is_set()) == (True, is_mine)


async def test_a_read_that_ends_early_without_a_message_is_a_lost_connection(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ends() -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(module, "_RECONNECT_PAUSE_S", 0)
    server.reads.extend([ends])
    async with receiving(server):
        assert len(server.subscriptions) == 2


async def test_a_new_connection_has_the_channels_of_the_lost_one(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails() -> None:
        raise RedisConnectionError

    monkeypatch.setattr(module, "_RECONNECT_PAUSE_S", 0)
    async with receiving(server) as notifications, notifications.subscribe("one"):
        await settle()
        server.reads.append(fails)
        async with notifications.subscribe("two"):
            await settle()
            lost, new = server.subscriptions
            assert lost.channels == set()
            assert new.channels == {keys.IDLE_CHANNEL, "one", "two"}


async def test_a_cancellation_ends_it_also_while_it_is_interrupted(server: Server) -> None:
    notifications = Notifications(server)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(notifications.run())
        await settle()
        async with notifications.subscribe("one"):
            running.cancel()
        await settle()
    assert running.cancelled()
