"""The do-not-call list of each shop."""

from dataclasses import dataclass
from datetime import datetime

from shared.store import keys
from shared.store.clock import StoreClock
from shared.store.records.codec import from_ms, to_ms
from shared.store.redis.connection import Client, translated


@dataclass(frozen=True, slots=True)
class OptOut:
    """A number (E.164) that a shop must not call, and since when."""

    phone: str
    since: datetime


class OptOuts:
    """Numbers that must not be called, by shop. The commit of a customer's opt-out in a call adds the number too."""

    def __init__(self, client: Client, clock: StoreClock) -> None:
        self._client = client
        self._clock = clock

    async def add(self, shop: str, phone: str) -> OptOut:
        """Put a number on the list; a number that is on it keeps its date."""
        async with translated():
            since = await self._clock.now()
            await self._client.zadd(keys.opt_outs(shop), {phone: to_ms(since)}, nx=True)
            score = await self._client.zscore(keys.opt_outs(shop), phone)
        return OptOut(phone, since if score is None else from_ms(score))

    async def remove(self, shop: str, phone: str) -> bool:
        """Take a number off the list; return False if it was not on it."""
        async with translated():
            return bool(await self._client.zrem(keys.opt_outs(shop), phone))

    async def find(self, shop: str, phone: str) -> OptOut | None:
        """Return the entry of a number, None if it has none."""
        async with translated():
            score = await self._client.zscore(keys.opt_outs(shop), phone)
        return None if score is None else OptOut(phone, from_ms(score))

    async def contains(self, shop: str, phone: str) -> bool:
        """Tell whether a number is on the list."""
        return await self.find(shop, phone) is not None

    async def list(self, shop: str, *, limit: int = 1000, offset: int = 0) -> list[OptOut]:
        """Return the list, newest first."""
        async with translated():
            found = await self._client.zrange(keys.opt_outs(shop), offset, offset + limit - 1, desc=True, withscores=True)
        return [OptOut(phone.decode(), from_ms(score)) for phone, score in found]
