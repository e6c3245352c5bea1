"""The do-not-call list of each shop."""

from dataclasses import dataclass
from datetime import datetime

from shared.store import keys
from shared.store.records.codec import from_ms
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, Word, run
from shared.store.shops.audit import AuditNote, argument_of


@dataclass(frozen=True, slots=True)
class OptOut:
    """A number (E.164) that a shop must not call, and since when."""

    phone: str
    since: datetime


class OptOuts:
    """Numbers that must not be called, by shop. The commit of a customer's opt-out in a call adds the number too."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def add(self, shop: str, phone: str, *, audit: AuditNote | None = None) -> OptOut:
        """Put a number on the list, with the note in the audit; a number that is on it keeps its date."""
        async with translated():
            args: list[Word] = [phone, argument_of(audit)]
            since_ms = await run(self._client, Script.ADD_OPT_OUT, keys=[keys.opt_outs(shop)], args=args)
        return OptOut(phone, from_ms(float(since_ms)))

    async def remove(self, shop: str, phone: str, *, audit: AuditNote | None = None) -> bool:
        """Take a number off the list, with the note in the audit; return False if it was not on it."""
        async with translated():
            args: list[Word] = [phone, argument_of(audit)]
            return bool(await run(self._client, Script.REMOVE_OPT_OUT, keys=[keys.opt_outs(shop)], args=args))

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
