"""Sessions are opened ahead, and what is no good is replaced."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.media_bridge.openai.leg import ModelLeg
from services.media_bridge.openai.warm_pool import WarmPool
from services.media_bridge.websocket import ConnectionFailedError
from tests.support.bridge.fakes import FakeSocket, a_model_leg

NOW = 1_000_000.0


class Maker:
    """Opens sessions, unless it is told not to."""

    def __init__(self) -> None:
        self.made: list[tuple[ModelLeg, FakeSocket]] = []
        self.named: list[str | None] = []
        self.is_down = False
        self.ringing = 0

    async def open(self, *, limit_s: float, safety_identifier: str | None) -> ModelLeg:
        self.named.append(safety_identifier)
        await asyncio.sleep(0)
        if self.is_down:
            raise ConnectionFailedError("status_503")
        leg, socket = a_model_leg()
        self.made.append((leg, socket))
        return leg

    def phones(self) -> int:
        return self.ringing

    def pool(self, most: int = 4) -> WarmPool:
        return WarmPool(self.open, ringing=self.phones, most=most, wall_clock=lambda: NOW, needed_s=240)


@asynccontextmanager
async def running(pool: WarmPool) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(pool.run())
        await settled()
        yield
        task.cancel()


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_one_session_waits_while_nothing_rings() -> None:
    maker = Maker()
    pool = maker.pool()
    async with running(pool):
        assert pool.ready == 1


@pytest.mark.parametrize(("ringing", "ready"), [(3, 3), (9, 4)])
async def test_as_many_wait_as_phones_ring_within_the_limit(ringing: int, ready: int) -> None:
    maker = Maker()
    maker.ringing = ringing
    pool = maker.pool()
    async with running(pool):
        assert pool.ready == ready


async def test_a_session_that_is_taken_is_replaced() -> None:
    maker = Maker()
    pool = maker.pool()
    async with running(pool):
        assert await pool.take(limit_s=1, safety_identifier="3f2a") is maker.made[0][0]
        await settled()
        assert (pool.ready, len(maker.made)) == (1, 2)


async def test_a_broken_or_old_session_is_not_given_out() -> None:
    maker = Maker()
    maker.ringing = 3
    pool = maker.pool()
    async with running(pool):
        maker.made[0][1].is_open = False
        maker.made[1][0].expires_at = NOW + 200
        assert await pool.take(limit_s=1, safety_identifier="3f2a") is maker.made[2][0]


async def test_with_none_waiting_a_new_one_is_opened() -> None:
    maker = Maker()
    pool = maker.pool()
    assert await pool.take(limit_s=1, safety_identifier="3f2a") is maker.made[0][0]


async def test_only_a_session_that_is_opened_for_a_call_names_a_customer() -> None:
    maker = Maker()
    pool = maker.pool()
    async with running(pool):
        await pool.take(limit_s=1, safety_identifier="3f2a")  # opened ahead
        await pool.take(limit_s=1, safety_identifier="3f2a")  # opened now
        await settled()
    assert maker.named == [None, "3f2a", None]


async def test_with_none_allowed_ahead_each_call_opens_its_own() -> None:
    maker = Maker()
    maker.ringing = 3
    pool = maker.pool(most=0)
    async with running(pool):
        assert pool.ready == 0
        await pool.take(limit_s=1, safety_identifier="3f2a")
        await settled()
    assert maker.named == ["3f2a"]


async def test_while_none_can_be_had_who_needs_one_is_told_why() -> None:
    maker = Maker()
    maker.is_down = True
    pool = maker.pool()
    async with running(pool):
        with pytest.raises(ConnectionFailedError):
            await pool.take(limit_s=1, safety_identifier="3f2a")
        assert pool.ready == 0


async def test_at_the_end_all_that_wait_are_closed() -> None:
    maker = Maker()
    maker.ringing = 2
    async with running(maker.pool()):
        pass
    assert [socket.closed for _, socket in maker.made] == [(1000, "")] * 2
