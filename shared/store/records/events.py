"""Reads stored events: those of one confirmation, or all of a shop's after a place in its log."""

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
class StoredEvent:
    """A shop's event as it was published. `place` is its position in what is being read: reading goes on after it."""

    place: str
    type: EventType
    envelope: dict[str, Any]  # Any: JSON; `shared/core/lifecycle/envelope.py` makes it

    @property
    def is_test(self) -> bool:
        """Whether it is about a test order."""
        return bool(self.envelope["data"].get("is_test"))

    @property
    def is_last(self) -> bool:
        """Whether it is the last event of its confirmation."""
        return self.type is EventType.FINISHED


class Events:
    """Reads what the commits wrote. A live reader subscribes to the channel (`Notifications`) and then reads on from its place."""

    def __init__(self, client: Client, *, dataschema: str) -> None:
        self._client = client
        self._dataschema = dataschema

    async def of(self, confirmation: Confirmation, *, after: int = 0) -> list[StoredEvent]:
        """Return the confirmation's events whose sequence is above `after`; their place is the sequence."""
        async with translated():
            entries = await self._client.lrange(keys.history(confirmation.id), after, -1)
        return [self._stored(str(after + index), entry, confirmation) for index, entry in enumerate(entries, start=1)]

    async def newest_place(self, shop: str) -> str:
        """Return the place of the shop's newest event, after which all later ones can be read."""
        async with translated():
            newest = await self._client.xrevrange(keys.events_log(shop), count=1)
        return newest[0][0].decode() if newest else "0-0"

    async def after(self, shop: str, place: str, *, limit: int = 100) -> list[StoredEvent]:
        """Return the shop's next events after `place`, in order; those of erased confirmations are left out.

        An empty list means that there are none; otherwise reading goes on after the place of the last one.
        """
        events: list[StoredEvent] = []
        while not events:
            async with translated():
                refs = await self._client.xrange(keys.events_log(shop), min=f"({place}", count=limit)
                events = await self._resolved(refs)
            if len(refs) < limit:
                break
            place = refs[-1][0].decode()
        return events

    async def _resolved(self, refs: list[tuple[bytes, dict[bytes, bytes]]]) -> list[StoredEvent]:
        pipe = self._client.pipeline(transaction=False)
        for _, ref in refs:
            confirmation_id = ref[b"c"].decode()
            pipe.get(keys.record(confirmation_id))
            pipe.lindex(keys.history(confirmation_id), int(ref[b"s"]) - 1)
        found = await pipe.execute() if refs else []
        entries = zip(refs, found[::2], found[1::2], strict=True)
        return [
            self._stored(place.decode(), entry, decode(stored).confirmation)
            for (place, _), stored, entry in entries
            if stored is not None and entry is not None
        ]

    def _stored(self, place: str, entry: bytes, confirmation: Confirmation) -> StoredEvent:
        event = _decoder.decode(entry.partition(b"\n")[0])
        return StoredEvent(place, event.type, envelope(event, confirmation, self._dataschema))
