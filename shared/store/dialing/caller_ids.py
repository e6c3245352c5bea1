"""The numbers we call from, in turn over all workers."""

from collections.abc import Sequence

from shared.store.redis.connection import Client, translated

_TURN = "caller_ids:turn"


class CallerIds:
    """One turn for all processes."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def next(self, numbers: Sequence[str]) -> str:
        """Return the number whose turn it is (a lost reply skips one, which does no harm)."""
        async with translated():
            turn = int(await self._client.incr(_TURN))
        return numbers[(turn - 1) % len(numbers)]
