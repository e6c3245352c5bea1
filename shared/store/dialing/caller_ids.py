"""The numbers we call from, round robin over all workers."""

from collections.abc import Sequence

from shared.store import keys
from shared.store.redis.connection import Client, translated


class CallerIds:
    """A counter that all processes share chooses the next number."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def next(self, numbers: Sequence[str]) -> str:
        """Return the next number of `numbers`. A lost reply skips one, which does no harm."""
        async with translated():
            turn = int(await self._client.incr(keys.CALLER_IDS_TURN))
        return numbers[(turn - 1) % len(numbers)]
