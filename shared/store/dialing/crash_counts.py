"""Counts work that was begun and did not end because its worker died; parks what was begun again too often."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from shared.core.dialing.dial_policy import DialPolicy
from shared.core.dialing.reconciliation import wakes
from shared.core.errors import NotFoundError
from shared.store import keys
from shared.store.records import side_effects
from shared.store.records.codec import decode, from_ms, from_time, is_finished
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, Word, packed, run
from shared.store.shops.audit import AuditAction, AuditNote, argument_of

MAX_RESTARTS = 3  # of work whose worker died; then the confirmation or endpoint is parked
_ERASE_AGAIN_AFTER = timedelta(days=1)  # if an erasure killed its worker
_HEADER_BYTES = 255


class Work(StrEnum):
    """A kind of work. Each is counted by itself, or a reconciliation that succeeds would hide a call that kills its worker.

    `DELIVER` is done for an endpoint, the others for a confirmation.
    """

    DIAL = "dial"
    RECONCILIATION = "care"
    RETIRE = "retire"
    DELIVER = "deliver"


@dataclass(frozen=True, slots=True)
class Parked:
    """A confirmation or an endpoint on which no work is done until somebody redrives it, and since when."""

    id: str
    since: datetime


class _Owned(msgspec.Struct):
    """The part of a stored endpoint that says whose it is."""

    shop: str


class CrashCounts:
    """The counts are in Redis, so that they outlive a worker that dies."""

    def __init__(self, client: Client, policy: DialPolicy) -> None:
        self._client = client
        self._policy = policy

    async def begin(self, work: Work, about: str) -> int:
        """Count that the work is begun; return how often it was begun before and did not end."""
        async with translated():
            begun = await self._client.hincrby(keys.BEGUN, keys.begun_field(work.value, about), 1)
        return int(begun) - 1

    async def undo_begin(self, work: Work, about: str) -> None:
        """Take back a `begin` after which the work was not started."""
        async with translated():
            await self._client.hincrby(keys.BEGUN, keys.begun_field(work.value, about), -1)

    async def end(self, work: Work, about: str) -> None:
        """Note that the work ended, with whatever result."""
        async with translated():
            await self._client.hdel(keys.BEGUN, keys.begun_field(work.value, about))

    async def park(self, confirmation_id: str) -> None:
        """Take the confirmation out of all that is due, until its retention is over. Callbacks still change its record."""
        pauses = (timedelta(days=self._policy.retention_days), _ERASE_AGAIN_AFTER)
        args: list[Word] = [confirmation_id, *(int(pause.total_seconds() * 1000) for pause in pauses)]
        async with translated():
            await run(self._client, Script.PARK, args=args)

    async def park_endpoint(self, endpoint_id: str) -> None:
        """Take the endpoint out of what is due; what waits for it is kept."""
        async with translated():
            await run(self._client, Script.PARK_ENDPOINT, args=[endpoint_id])

    async def is_over(self, confirmation_id: str) -> bool:
        """Tell whether a confirmation has been parked for its whole retention, or is parked only because its erasure failed."""
        pipe = self._client.pipeline(transaction=True)
        pipe.zscore(keys.PARKED, confirmation_id)
        pipe.getrange(keys.record(confirmation_id), 0, _HEADER_BYTES)
        pipe.time()
        async with translated():
            since, header, (seconds, micros) = await pipe.execute()
        if since is None:
            return False
        if not header or is_finished(header):
            return True
        return from_time(int(seconds), int(micros)) >= from_ms(since) + timedelta(days=self._policy.retention_days)

    async def parked(self) -> list[Parked]:
        """Return what is parked, longest first."""
        async with translated():
            found = await self._client.zrange(keys.PARKED, 0, -1, withscores=True)
        return [Parked(parked_id.decode(), from_ms(since)) for parked_id, since in found]

    async def count(self) -> int:
        """Return how many confirmations and endpoints are parked."""
        async with translated():
            return int(await self._client.zcard(keys.PARKED))

    async def redrive(self, about: str, *, who: str | None = None) -> None:
        """Make a parked confirmation or endpoint due again as before, with its crash counts cleared; the shop's audit tells `who`.

        Raises:
            NotFoundError: There is none of that id any more; it is no longer parked either.
        """
        async with translated():
            endpoint = await self._client.get(keys.webhook(about))
            if endpoint is not None:
                shop = msgspec.json.decode(endpoint, type=_Owned).shop
                note = self._note(shop, who, AuditAction.ENDPOINT_REDRIVEN, about)
                await run(self._client, Script.REDRIVE_ENDPOINT, args=[about, argument_of(note)])
                return
            while not await self._redriven(about, who):
                pass  # the record changed in between

    async def _redriven(self, confirmation_id: str, who: str | None) -> bool:
        stored = await self._client.get(keys.record(confirmation_id))
        if stored is None:
            await run(self._client, Script.REDRIVE, keys=[keys.record(confirmation_id)], args=[packed(confirmation_id, 0, [])])
            raise NotFoundError(confirmation_id)
        record = decode(stored)
        effects = side_effects.of_due(record.confirmation, wakes(record.confirmation, self._policy))
        note = self._note(record.confirmation.shop, who, AuditAction.CONFIRMATION_REDRIVEN, confirmation_id)
        effects += [] if note is None else [note.effect()]
        arguments = packed(confirmation_id, record.version, effects)
        return bool(await run(self._client, Script.REDRIVE, keys=[keys.record(confirmation_id)], args=[arguments]))

    def _note(self, shop: str, who: str | None, action: AuditAction, about: str) -> AuditNote | None:
        if who is None:
            return None
        return AuditNote(shop=shop, who=who, action=action, about=about, keep_days=self._policy.retention_days)
