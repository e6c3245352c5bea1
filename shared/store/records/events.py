"""The events told to a shop, read again: of one confirmation from its first, or all of a shop's from a place on."""

from dataclasses import dataclass
from typing import Any

import msgspec

from shared.core.confirmation import Confirmation
from shared.core.lifecycle.envelope import envelope
from shared.core.lifecycle.shop_event import EventType, ShopEvent
from shared.store import keys
from shared.store.records.codec import decode
from shared.store.redis.connection import Client, translated

_decoder = msgspec.json.Decoder(ShopEvent)


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """An event as it was told. `place` is where it stands in what is being read: what comes after it is read from there."""

    place: str
    type: EventType
    envelope: dict[str, Any]

    @property
    def is_last(self) -> bool:
        """Whether no further event of its confirmation follows."""
        return self.type is EventType.FINISHED


class Events:
    """Reads; the commits write. A live reader listens on the channel (`Notifications`) and then reads on from its place."""

    def __init__(self, client: Client, *, dataschema: str) -> None:
        self._client = client
        self._dataschema = dataschema

    async def of(self, confirmation: Confirmation, *, after: int = 0) -> list[ToldEvent]:
        """Return the confirmation's events whose sequence is above `after`; the place is the sequence."""
        async with translated():
            entries = await self._client.lrange(keys.history(confirmation.id), after, -1)
        return [self._told(str(after + index), entry, confirmation) for index, entry in enumerate(entries, start=1)]

    async def newest_place(self, shop: str) -> str:
        """Return the place of the newest of the shop's events, from which on all later ones can be read."""
        async with translated():
            newest = await self._client.xrevrange(keys.events_log(shop), count=1)
        return newest[0][0].decode() if newest else "0-0"

    async def after(self, shop: str, place: str, *, limit: int = 100) -> list[ToldEvent]:
        """Return the shop's next events behind `place`, in order; those of erased confirmations are left out.

        An empty list means that there are none: read on with the place of the last one otherwise.
        """
        told: list[ToldEvent] = []
        while not told:
            async with translated():
                refs = await self._client.xrange(keys.events_log(shop), min=f"({place}", count=limit)
                told = await self._resolved(refs)
            if len(refs) < limit:
                break
            place = refs[-1][0].decode()
        return told

    async def _resolved(self, refs: list[tuple[bytes, dict[bytes, bytes]]]) -> list[ToldEvent]:
        pipe = self._client.pipeline(transaction=False)
        for _, ref in refs:
            confirmation_id = ref[b"c"].decode()
            pipe.get(keys.record(confirmation_id))
            pipe.lindex(keys.history(confirmation_id), int(ref[b"s"]) - 1)
        found = await pipe.execute() if refs else []
        told = zip(refs, found[::2], found[1::2], strict=True)
        return [
            self._told(place.decode(), entry, decode(stored).confirmation)
            for (place, _), stored, entry in told
            if stored is not None and entry is not None
        ]

    def _told(self, place: str, entry: bytes, confirmation: Confirmation) -> ToldEvent:
        event = _decoder.decode(entry.partition(b"\n")[0])
        return ToldEvent(place, event.type, envelope(event, confirmation, self._dataschema))
