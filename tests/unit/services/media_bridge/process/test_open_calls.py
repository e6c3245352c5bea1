"""How many phones ring, as far as one process must care."""

import pytest

from services.media_bridge.process.open_calls import OpenCalls
from services.media_bridge.process.shared_memory import BridgeSharedMemory
from shared.core.errors import StoreUnavailableError


class Redis:
    def __init__(self, count: int) -> None:
        self.count = count
        self.is_away = False

    async def calls_open(self) -> int:
        if self.is_away:
            raise StoreUnavailableError("redis: TimeoutError")
        return self.count


@pytest.mark.parametrize(("processes", "open_calls", "streams", "ringing"), [(1, 5, 2, 3), (2, 6, 1, 3), (2, 0, 1, 0)])
async def test_the_calls_that_are_not_with_us_ring_for_all_processes_alike(
    processes: int, open_calls: int, streams: int, ringing: int
) -> None:
    memory = BridgeSharedMemory(processes)
    memory.note_streams(streams)
    calls = OpenCalls(Redis(open_calls), memory)
    assert calls.ringing() == 0
    await calls.refresh()
    assert calls.ringing() == ringing


async def test_with_redis_away_none_are_known_of() -> None:
    redis = Redis(3)
    calls = OpenCalls(redis, BridgeSharedMemory(1))
    await calls.refresh()
    redis.is_away = True
    with pytest.raises(StoreUnavailableError):
        await calls.refresh()
    assert calls.ringing() == 0
