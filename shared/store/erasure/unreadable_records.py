"""What there is of a confirmation whose record nobody can read: found by looking everywhere, since it tells no keys."""

from collections.abc import AsyncIterator

from shared.core.errors import ConfirmerError
from shared.store import keys
from shared.store.records.codec import decode_if_readable
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, run

_AT_ONCE = 1000


class ReadableError(ConfirmerError):
    """The record can be read after all: it is not to be erased like this."""


class UnreadableRecords:
    """For a person who has seen that a record is past help."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def erase(self, confirmation_id: str) -> None:
        """Erase a confirmation that can't be read, with all that names it; repeating it does no harm. It takes long.

        Raises:
            ReadableError: Its record can be read.
        """
        async with translated():
            stored = await self._client.get(keys.record(confirmation_id))
            last = await self._client.lindex(keys.history(confirmation_id), -1)
        if stored is not None and decode_if_readable(stored) is not None:
            raise ReadableError(confirmation_id)
        for pattern in ("phone:*", "line:*", "confirmations:*"):
            async for place in self._places(pattern):
                await self._drop(place, confirmation_id)
        async for place in self._places("orders:*"):
            await self._drop_order(place, confirmation_id)
        _, _, entry_id = (last or b"").partition(b"\n")
        if entry_id:
            async for place in self._places("outcomes:*:log"):
                await self._drop_outcome(place, confirmation_id, entry_id)
        endpoints: list[bytes] = []
        async for place in self._places("webhooks:*"):
            async with translated():
                endpoints += await self._client.hkeys(place)
        async with translated():
            await run(self._client, Script.ERASE_REMAINS, args=[confirmation_id, *endpoints])

    async def _places(self, pattern: str) -> AsyncIterator[bytes]:
        cursor: int | str = 0
        while True:
            async with translated():
                cursor, found = await self._client.scan(int(cursor), match=pattern, count=_AT_ONCE)
            for place in found:
                yield place
            if int(cursor) == 0:
                return

    async def _drop(self, place: bytes, confirmation_id: str) -> None:
        async with translated():
            if place.startswith(b"line:"):
                await self._client.srem(place, confirmation_id)
            else:
                await self._client.zrem(place, confirmation_id)

    async def _drop_order(self, place: bytes, confirmation_id: str) -> None:
        """Take the id out of the orders of a shop; an order that has no other is dropped."""
        cursor = 0
        while True:
            async with translated():
                cursor, found = await self._client.hscan(place, cursor, count=_AT_ONCE)
                for order_id, ids in found.items():
                    kept = [one for one in ids.split() if one != confirmation_id.encode()]
                    if kept and len(kept) < len(ids.split()):
                        await self._client.hset(place, order_id, b" ".join(kept))
                    elif not kept:
                        await self._client.hdel(place, order_id)
            if cursor == 0:
                return

    async def _drop_outcome(self, place: bytes, confirmation_id: str, entry_id: bytes) -> None:
        async with translated():
            for _, fields in await self._client.xrange(place, entry_id, entry_id):
                if confirmation_id.encode() in fields[b"event"]:
                    await self._client.xdel(place, entry_id)
