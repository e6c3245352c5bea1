"""What is to be delivered to endpoints: one lane a confirmation, in the order of its events, each tried until it is given up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from shared.core.lifecycle.envelope import envelope, event_id
from shared.core.lifecycle.shop_event import ShopEvent
from shared.core.webhook_endpoints.endpoint import Endpoint
from shared.store import keys
from shared.store.records.codec import decode, from_ms, to_ms
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, Word, run

LEASE_S = 40.0  # longer than any worker's turn
FAILURES_TO_OPEN = 5
CIRCUIT_PAUSE_S = 30.0

_events = msgspec.json.Decoder(ShopEvent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The first event of a lane, as it is sent. `tries` counts its failures so far."""

    confirmation_id: str
    sequence: int
    told_at: datetime
    tries: int
    body: bytes

    @property
    def id(self) -> str:
        """The id that stays the same however often it is sent: the event's."""
        return event_id(self.confirmation_id, self.sequence)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An event that could not be delivered; `tries` and `reason` of the last time."""

    event_id: str
    at: datetime
    tries: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneCounts:
    """How an endpoint fares. `held_until` is when it is tried again after many failures in a row, None while all is well."""

    pending: int
    dead: int
    held_until: datetime | None
    is_parked: bool = False


class Settled(StrEnum):
    """What the settling of a delivery led to."""

    SETTLED = "settled"
    OPENED = "opened"
    STALE = "stale"


class _Why(msgspec.Struct, array_like=True):
    tries: int
    reason: str


class Deliveries:
    """The lanes. A worker claims an endpoint, takes its due lanes, settles each message, and ends its turn."""

    def __init__(
        self, client: Client, *, dataschema: str, circuit_pause_s: float = CIRCUIT_PAUSE_S, lease_s: float = LEASE_S
    ) -> None:
        self._client = client
        self._dataschema = dataschema
        self._pause_ms = int(circuit_pause_s * 1000)
        self._lease_ms = int(lease_s * 1000)

    async def claim(self, most_open: int) -> list[str]:
        """Return the ids of endpoints that are due, each for one worker until its turn or its lease ends."""
        async with translated():
            ids = await run(self._client, Script.CLAIM_DELIVERIES, args=[most_open, self._lease_ms])
        return [endpoint_id.decode() for endpoint_id in ids]

    async def end_turn(self, endpoint_id: str) -> None:
        """Let the endpoint come due again."""
        async with translated():
            await run(self._client, Script.FINISH_DELIVERY, args=[endpoint_id])

    async def due_lanes(self, endpoint_id: str, limit: int) -> list[str]:
        """Return the confirmations whose next event is due, longest overdue first."""
        async with translated():
            ids = await run(self._client, Script.DUE_LANES, keys=[keys.webhook(endpoint_id, "lanes")], args=[limit])
        return [confirmation_id.decode() for confirmation_id in ids]

    async def first(self, endpoint_id: str, confirmation_id: str) -> Message | None:
        """Return the first event of a lane; None where nothing waits there."""
        pipe = self._client.pipeline(transaction=True)
        pipe.lindex(keys.webhook_lane(endpoint_id, confirmation_id), 0)
        pipe.hget(keys.webhook(endpoint_id, "tries"), confirmation_id)
        pipe.get(keys.record(confirmation_id))
        pipe.lrange(keys.history(confirmation_id), 0, -1)
        async with translated():
            sequence, tries, stored, history = await pipe.execute()
        if stored is None:
            await self._leave(endpoint_id, confirmation_id)
        if sequence is None or stored is None:
            return None
        event = _events.decode(history[int(sequence) - 1].partition(b"\n")[0])
        body = msgspec.json.encode(envelope(event, decode(stored).confirmation, self._dataschema))
        return Message(confirmation_id=confirmation_id, sequence=int(sequence), told_at=event.at, tries=int(tries or 0), body=body)

    async def delivered(self, endpoint: Endpoint, message: Message) -> Settled:
        """Take a message out of its lane: it has arrived."""
        return await self._settle(endpoint, message, "delivered")

    async def postpone(self, endpoint: Endpoint, message: Message, next_at: datetime) -> Settled:
        """Have a message that failed tried again; what is behind it in its lane waits with it."""
        return await self._settle(endpoint, message, "failed", next_ms=to_ms(next_at))

    async def give_up(self, endpoint: Endpoint, message: Message, reason: str) -> Settled:
        """Make a message that failed a dead letter; its lane goes on behind it."""
        return await self._settle(endpoint, message, "dead", why=_Why(message.tries + 1, reason))

    async def bury(self, endpoint: Endpoint, message: Message, reason: str) -> Settled:
        """Make a message a dead letter without having tried it again."""
        return await self._settle(endpoint, message, "buried", why=_Why(message.tries, reason))

    async def counts(self, endpoint_id: str) -> LaneCounts:
        """Return how much waits for an endpoint."""
        pipe = self._client.pipeline(transaction=False)
        pipe.zcard(keys.webhook(endpoint_id, "lanes"))
        pipe.zcard(keys.webhook(endpoint_id, "dead"))
        pipe.hget(keys.webhook(endpoint_id, "circuit"), "until")
        pipe.zscore(keys.PARKED, endpoint_id)
        async with translated():
            pending, dead, until, parked_at = await pipe.execute()
        held_until = None if until is None else from_ms(float(until))
        return LaneCounts(pending=pending, dead=dead, held_until=held_until, is_parked=parked_at is not None)

    async def dead_letters(self, endpoint_id: str, *, limit: int = 100, offset: int = 0) -> list[DeadLetter]:
        """Return what was given up, newest first."""
        async with translated():
            found = await self._client.zrange(
                keys.webhook(endpoint_id, "dead"), offset, offset + limit - 1, desc=True, withscores=True
            )
            whys = await self._client.hmget(keys.webhook(endpoint_id, "why"), [name for name, _ in found]) if found else []
        return [
            DeadLetter(event_id=name.decode(), at=from_ms(at), tries=why.tries, reason=why.reason)
            for (name, at), why in zip(found, (_why(stored) for stored in whys), strict=True)
        ]

    async def resend(self, endpoint_id: str, event_ids: Sequence[str]) -> int:
        """Put dead letters back into their lanes, to be delivered at once; return how many there were."""
        async with translated():
            return int(await run(self._client, Script.RESEND, args=[endpoint_id, *event_ids]))

    async def _leave(self, endpoint_id: str, confirmation_id: str) -> None:
        """Take the lane of a confirmation that is gone out of what is due."""
        async with translated():
            await self._client.zrem(keys.webhook(endpoint_id, "lanes"), confirmation_id)

    async def _settle(
        self, endpoint: Endpoint, message: Message, what: str, *, next_ms: int = 0, why: _Why | None = None
    ) -> Settled:
        reason = b"" if why is None else msgspec.json.encode(why)
        args: list[Word] = [endpoint.id, message.confirmation_id, message.sequence, what, next_ms, reason]
        async with translated():
            answer = await run(self._client, Script.SETTLE_DELIVERY, args=[*args, FAILURES_TO_OPEN, self._pause_ms])
        return Settled(answer.decode())


def _why(stored: bytes | None) -> _Why:
    return _Why(0, "") if stored is None else msgspec.json.decode(stored, type=_Why)
