"""Many operations at the same moment all get their replies."""

import asyncio

import pytest

from shared.store import Store

pytestmark = pytest.mark.system

_AT_ONCE = 300  # operations at once; redis-py's own limit is a hundred connections


async def test_a_burst_is_no_outage(store: Store) -> None:
    assert await asyncio.gather(*(store.dialing.due.calls_open() for _ in range(_AT_ONCE))) == [0] * _AT_ONCE
