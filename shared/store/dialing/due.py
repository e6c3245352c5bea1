"""What is due: calls to be placed, as far as the limits allow, and confirmations to be reconciled."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.core.dialing.caps import Caps
from shared.core.order import Priority
from shared.store import keys
from shared.store.records.cap_arguments import cap_arguments
from shared.store.records.codec import from_ms, from_time
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, packed, run

LEASE_S = 10.0  # what was granted or claimed is due again after this, unless a commit sets another time before


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many calls may be placed by all workers together: per second, evenly spaced, and at once."""

    calls_per_second: float
    max_concurrent_calls: int
    probe_every_s: float = 30.0


class WaitReason(StrEnum):
    """What the next call waits for."""

    NOTHING_DUE = "nothing_due"
    RATE = "rate"
    CONCURRENCY = "concurrency"
    CIRCUIT = "circuit"


@dataclass(frozen=True, slots=True)
class DialGrant:
    """The confirmation may be called now."""

    confirmation_id: str
    shop: str


@dataclass(frozen=True, slots=True)
class DialWait:
    """No call may be placed now. Ask again at `until` (by Redis's clock) or sooner; `until` is None if nothing is planned."""

    until: datetime | None
    reason: WaitReason


class Due:
    """Hands out what is due. The commits set the due times; Redis's clock counts."""

    def __init__(self, client: Client, limits: Limits, caps: Caps, *, lease_s: float = LEASE_S) -> None:
        self._client = client
        self._limits = limits
        self._caps = cap_arguments(caps)
        self._lease_ms = int(lease_s * 1000)

    async def admit(self, nonce: str) -> DialGrant | DialWait:
        """Grant the next call, round robin over the shops; the same `nonce` gets the same grant again for 30 s."""
        limits = self._limits
        arguments = packed(
            nonce,
            1000 / limits.calls_per_second,
            limits.max_concurrent_calls,
            self._lease_ms,
            int(limits.probe_every_s * 1000),
            self._caps,
        )
        async with translated():
            reply = await run(self._client, Script.ADMIT, args=[arguments])
        if reply[0] == b"grant":
            return DialGrant(reply[1].decode(), reply[2].decode())
        return DialWait(from_ms(float(reply[1])) if reply[1] else None, WaitReason(reply[2].decode()))

    async def is_granted(self, confirmation_id: str) -> bool:
        """Tell whether the confirmation counts as a call at once; if it does not, nobody may call."""
        async with translated():
            pipe = self._client.pipeline(transaction=False)
            pipe.zscore(keys.CALLS_OPEN, confirmation_id)
            pipe.time()
            lease_end, (seconds, micros) = await pipe.execute()
        return lease_end is not None and from_ms(lease_end) > from_time(int(seconds), int(micros))

    async def give_back(self, confirmation_id: str) -> None:
        """Give back a grant that led to no call, so that it no longer counts as a call at once, unless a call is going on."""
        async with translated():
            await run(self._client, Script.GIVE_BACK, keys=[keys.record(confirmation_id), keys.CALLS_OPEN], args=[confirmation_id])

    async def claim_reconciliations(self, limit: int = 50) -> list[str]:
        """Return the ids of confirmations that must be reconciled now; each is due again after the lease."""
        async with translated():
            ids = await run(self._client, Script.CLAIM_RECONCILIATIONS, args=[limit, self._lease_ms])
        return [confirmation_id.decode() for confirmation_id in ids]

    async def next_reconciliation_at(self) -> datetime | None:
        """Return when the next confirmation must be reconciled, by Redis's clock."""
        async with translated():
            first = await self._client.zrange(keys.DUE_RECONCILIATION, 0, 0, withscores=True)
        return from_ms(first[0][1]) if first else None

    async def next_call_at(self) -> datetime | None:
        """Return when the next call is due, by Redis's clock; a call that is held up was due in the past."""
        async with translated():
            pipe = self._client.pipeline(transaction=False)
            for priority in Priority:
                pipe.zrange(keys.due_heads(priority.value), 0, 0, withscores=True)
            heads = [head for found in await pipe.execute() for _, head in found]
        return from_ms(min(heads)) if heads else None

    async def calls_open(self) -> int:
        """Return how many confirmations count as calls at once."""
        async with translated():
            return int(await self._client.zcard(keys.CALLS_OPEN))

    async def overdue(self) -> dict[Priority, int]:
        """Return how many calls are due now, by priority."""
        async with translated():
            counts = await run(self._client, Script.OVERDUE)
        return {Priority.HIGH: counts[0], Priority.NORMAL: counts[1]}
