"""Erases a confirmation whose record is unreadable. It searches all keys, as only the record names those of the confirmation."""

from collections.abc import AsyncIterator

from shared.core.errors import ConfirmerError
from shared.store import keys
from shared.store.records.codec import decode_if_readable
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, run

_SCAN_COUNT = 1000


class ReadableError(ConfirmerError):
    """The record can be read after all, so that the ordinary erasure is the right one."""


class UnreadableRecords:
    """For an operator who has seen that a record cannot be repaired."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def erase(self, confirmation_id: str) -> frozenset[str]:
        """Erase an unreadable confirmation with all that names it; return the shops in whose listings it was.

        This takes long; repeating it does no harm.

        Raises:
            ReadableError: Its record can be read.
        """
        async with translated():
            stored = await self._client.get(keys.record(confirmation_id))
            last = await self._client.lindex(keys.history(confirmation_id), -1)
        if stored is not None and decode_if_readable(stored) is not None:
            raise ReadableError(confirmation_id)
        async for key in self._keys(keys.phone("*")):
            async with translated():
                await self._client.zrem(key, confirmation_id)
        shops: set[str] = set()
        async for key in self._keys(keys.listing("*", "*")):
            async with translated():
                if await self._client.zrem(key, confirmation_id):
                    shops.add(key.decode().split(":")[1])
        async for key in self._keys(keys.line("*")):
            async with translated():
                await self._client.srem(key, confirmation_id)
        async for key in self._keys(keys.orders("*")):
            await self._remove_from_orders(key, confirmation_id)
        _, _, entry_id = (last or b"").partition(b"\n")
        if entry_id:
            async for key in self._keys(keys.outcomes_log("*")):
                await self._remove_outcome(key, confirmation_id, entry_id)
        endpoints: list[bytes] = []
        async for key in self._keys(keys.webhooks("*")):
            async with translated():
                endpoints += await self._client.hkeys(key)
        async with translated():
            await run(self._client, Script.ERASE_REMAINS, args=[confirmation_id, *endpoints])
        return frozenset(shops)

    async def _keys(self, pattern: str) -> AsyncIterator[bytes]:
        cursor: int | str = 0
        while True:
            async with translated():
                cursor, found = await self._client.scan(int(cursor), match=pattern, count=_SCAN_COUNT)
            for key in found:
                yield key
            if int(cursor) == 0:
                return

    async def _remove_from_orders(self, key: bytes, confirmation_id: str) -> None:
        """Remove the id from a shop's orders; an order that has no other confirmation is removed."""
        cursor = 0
        while True:
            async with translated():
                cursor, found = await self._client.hscan(key, cursor, count=_SCAN_COUNT)
                for order_id, ids in found.items():
                    kept = [one for one in ids.split() if one != confirmation_id.encode()]
                    if kept and len(kept) < len(ids.split()):
                        await self._client.hset(key, order_id, b" ".join(kept))
                    elif not kept:
                        await self._client.hdel(key, order_id)
            if cursor == 0:
                return

    async def _remove_outcome(self, key: bytes, confirmation_id: str, entry_id: bytes) -> None:
        async with translated():
            for _, fields in await self._client.xrange(key, entry_id, entry_id):
                if confirmation_id.encode() in fields[b"event"]:
                    await self._client.xdel(key, entry_id)
