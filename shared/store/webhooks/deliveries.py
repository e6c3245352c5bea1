"""What is to be delivered to endpoints: a lane for each confirmation, in which each event is tried until it is given up."""

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
from shared.store.shops.audit import AuditNote, argument_of

LEASE_S = 40.0  # longer than any worker takes
FAILURES_TO_OPEN = 5
CIRCUIT_PAUSE_S = 30.0

_events = msgspec.json.Decoder(ShopEvent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The first event of a lane, as it is sent. `tries` counts its failures so far."""

    confirmation_id: str
    sequence: int
    event_at: datetime
    tries: int
    body: bytes

    @property
    def id(self) -> str:
        """The event's id, which is the same however often the event is sent."""
        return event_id(self.confirmation_id, self.sequence)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An event that was given up; `tries` counts its failures, `reason` tells the last one."""

    event_id: str
    at: datetime
    tries: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneCounts:
    """The state of an endpoint. `held_until` is when it is tried again after many failures in a row, else None."""

    pending: int
    dead: int
    held_until: datetime | None
    is_parked: bool = False


class Settled(StrEnum):
    """What became of a settled delivery; the circuit may have been opened by it."""

    SETTLED = "settled"
    OPENED = "opened"
    STALE = "stale"


class _Failure(msgspec.Struct, array_like=True):
    tries: int
    reason: str


class Deliveries:
    """The lanes. A worker claims an endpoint, takes its due lanes, settles each message, and releases the endpoint."""

    def __init__(
        self, client: Client, *, dataschema: str, circuit_pause_s: float = CIRCUIT_PAUSE_S, lease_s: float = LEASE_S
    ) -> None:
        self._client = client
        self._dataschema = dataschema
        self._pause_ms = int(circuit_pause_s * 1000)
        self._lease_ms = int(lease_s * 1000)

    async def claim(self, most_open: int) -> list[str]:
        """Return the ids of endpoints that are due; each belongs to one worker until it is released or its lease ends."""
        async with translated():
            ids = await run(self._client, Script.CLAIM_DELIVERIES, args=[most_open, self._lease_ms])
        return [endpoint_id.decode() for endpoint_id in ids]

    async def release(self, endpoint_id: str) -> None:
        """End the lease of an endpoint, so that it can be due again."""
        async with translated():
            await run(self._client, Script.FINISH_DELIVERY, args=[endpoint_id])

    async def due_lanes(self, endpoint_id: str, limit: int) -> list[str]:
        """Return the confirmations whose next event is due, longest overdue first."""
        async with translated():
            ids = await run(self._client, Script.DUE_LANES, keys=[keys.webhook_lanes(endpoint_id)], args=[limit])
        return [confirmation_id.decode() for confirmation_id in ids]

    async def first(self, endpoint_id: str, confirmation_id: str) -> Message | None:
        """Return the first event of a lane; None if the lane is empty."""
        pipe = self._client.pipeline(transaction=True)
        pipe.lindex(keys.webhook_lane(endpoint_id, confirmation_id), 0)
        pipe.hget(keys.webhook_tries(endpoint_id), confirmation_id)
        pipe.get(keys.record(confirmation_id))
        pipe.lrange(keys.history(confirmation_id), 0, -1)
        async with translated():
            sequence, tries, stored, history = await pipe.execute()
        if stored is None:
            await self._remove_lane(endpoint_id, confirmation_id)
        if sequence is None or stored is None:
            return None
        event = _events.decode(history[int(sequence) - 1].partition(b"\n")[0])
        body = msgspec.json.encode(envelope(event, decode(stored).confirmation, self._dataschema))
        return Message(confirmation_id=confirmation_id, sequence=int(sequence), event_at=event.at, tries=int(tries or 0), body=body)

    async def delivered(self, endpoint: Endpoint, message: Message) -> Settled:
        """Take a message that was delivered out of its lane."""
        return await self._settle(endpoint, message, "delivered")

    async def postpone(self, endpoint: Endpoint, message: Message, next_at: datetime) -> Settled:
        """Set when a message that failed is tried again; the events behind it in its lane wait with it."""
        return await self._settle(endpoint, message, "failed", next_ms=to_ms(next_at))

    async def give_up(self, endpoint: Endpoint, message: Message, reason: str) -> Settled:
        """Make a message that failed a dead letter; its lane goes on with the next event."""
        return await self._settle(endpoint, message, "dead", failure=_Failure(message.tries + 1, reason))

    async def give_up_untried(self, endpoint: Endpoint, message: Message, reason: str) -> Settled:
        """Make a message a dead letter without trying it again."""
        return await self._settle(endpoint, message, "untried", failure=_Failure(message.tries, reason))

    async def counts(self, endpoint_id: str) -> LaneCounts:
        """Return how much waits for an endpoint, and whether it is held back."""
        pipe = self._client.pipeline(transaction=False)
        pipe.zcard(keys.webhook_lanes(endpoint_id))
        pipe.zcard(keys.webhook_dead(endpoint_id))
        pipe.hget(keys.webhook_circuit(endpoint_id), "until")
        pipe.zscore(keys.PARKED, endpoint_id)
        async with translated():
            pending, dead, until, parked_at = await pipe.execute()
        held_until = None if until is None else from_ms(float(until))
        return LaneCounts(pending=pending, dead=dead, held_until=held_until, is_parked=parked_at is not None)

    async def dead_letters(self, endpoint_id: str, *, limit: int = 100, offset: int = 0) -> list[DeadLetter]:
        """Return what was given up, newest first."""
        async with translated():
            found = await self._client.zrange(
                keys.webhook_dead(endpoint_id), offset, offset + limit - 1, desc=True, withscores=True
            )
            failures = await self._client.hmget(keys.webhook_why(endpoint_id), [event_id for event_id, _ in found]) if found else []
        return [
            DeadLetter(event_id=event_id.decode(), at=from_ms(at), tries=failure.tries, reason=failure.reason)
            for (event_id, at), failure in zip(found, (_failure(stored) for stored in failures), strict=True)
        ]

    async def resend(self, endpoint_id: str, event_ids: Sequence[str], *, audit: AuditNote | None = None) -> int:
        """Put dead letters back into their lanes, delivered at once, with the note in the audit; return how many there were."""
        async with translated():
            return int(await run(self._client, Script.RESEND, args=[endpoint_id, argument_of(audit), *event_ids]))

    async def _remove_lane(self, endpoint_id: str, confirmation_id: str) -> None:
        """Remove the lane of an erased confirmation from what is due."""
        async with translated():
            await self._client.zrem(keys.webhook_lanes(endpoint_id), confirmation_id)

    async def _settle(
        self, endpoint: Endpoint, message: Message, result: str, *, next_ms: int = 0, failure: _Failure | None = None
    ) -> Settled:
        reason = b"" if failure is None else msgspec.json.encode(failure)
        args: list[Word] = [endpoint.id, message.confirmation_id, message.sequence, result, next_ms, reason]
        async with translated():
            answer = await run(self._client, Script.SETTLE_DELIVERY, args=[*args, FAILURES_TO_OPEN, self._pause_ms])
        return Settled(answer.decode())


def _failure(stored: bytes | None) -> _Failure:
    return _Failure(0, "") if stored is None else msgspec.json.decode(stored, type=_Failure)
