"""Turns without an end: taken up again alone, parked after three recoveries; Redis or Twilio away is an end."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.dialer_worker.tally import Figure
from shared.core.errors import TelephonyError
from shared.store import MOST_RECOVERIES, Work
from tests.support.orders import an_order
from tests.system.dialer_worker.conftest import Bench

pytestmark = pytest.mark.system
ID = an_order().id


async def test_a_turn_that_came_to_an_end_is_forgotten(bench: Bench) -> None:
    await bench.dial()
    assert await bench.store.recoveries.begin(Work.DIAL, ID) == 0


async def test_an_order_that_was_begun_too_often_is_parked_and_not_called(bench: Bench) -> None:
    await bench.submit()
    await bench.grant()
    for _ in range(MOST_RECOVERIES + 1):
        await bench.store.recoveries.begin(Work.DIAL, ID)
    assert (await bench.attend()).attempts == ()
    assert await bench.store.recoveries.count() == 1
    assert "parked" in bench.counted(Figure.CARE)
    await bench.store.recoveries.redrive(ID)
    await bench.grant()
    assert len((await bench.attend()).attempts) == 1


async def test_an_order_begun_once_before_is_called_all_the_same(bench: Bench) -> None:
    await bench.submit()
    await bench.grant()
    await bench.store.recoveries.begin(Work.DIAL, ID)
    assert len((await bench.attend()).attempts) == 1
    assert await bench.store.recoveries.begin(Work.DIAL, ID) == 0


async def test_twilio_away_is_an_end_of_the_turn_too(bench: Bench) -> None:
    await bench.begin(ago_s=1000)
    bench.twilio.is_down = True
    for _ in range(MOST_RECOVERIES + 3):
        with pytest.raises(TelephonyError):
            await bench.attend()
    assert await bench.store.recoveries.count() == 0


async def test_who_only_waits_to_be_alone_has_not_begun(bench: Bench) -> None:
    """Its lease ends while it waits, and it is claimed again: that must not count as one more life lost."""
    await bench.begin(ago_s=1000)
    bench.twilio.add("CA1", at=datetime.now(UTC) - timedelta(seconds=1000), to="+38344123456")
    await bench.store.recoveries.begin(Work.DIAL, ID)
    async with asyncio.TaskGroup() as group:
        for _ in range(MOST_RECOVERIES + 3):
            group.create_task(bench.attend())
    assert await bench.store.recoveries.count() == 0
