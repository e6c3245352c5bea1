"""Work that was begun and never came to its end: counted, and parked when it has been taken up again too often."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.core.dialing.dial_policy import DialPolicy
from shared.core.dialing.upkeep import wakes
from shared.core.errors import NotFoundError
from shared.store import keys
from shared.store.records import side_effects
from shared.store.records.codec import decode, from_ms, from_time, is_finished
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, Word, packed, run

MOST_RECOVERIES = 3
_ERASED_AGAIN = timedelta(days=1)  # after an erasure that killed its worker
_HEADER_BYTES = 255


class Work(StrEnum):
    """What is done. Each is counted for itself, or care that goes well would hide a call that doesn't.

    All but `DELIVER`, which is done for an endpoint, is done for a confirmation.
    """

    DIAL = "dial"
    CARE = "care"
    RETIRE = "retire"
    DELIVER = "deliver"


@dataclass(frozen=True, slots=True)
class Parked:
    """A confirmation, or an endpoint, that nobody takes up any more until somebody says so, and since when."""

    id: str
    since: datetime


class CrashCounts:
    """Counts by Redis, so that they outlive whoever dies of the work."""

    def __init__(self, client: Client, policy: DialPolicy) -> None:
        self._client = client
        self._policy = policy

    async def begin(self, work: Work, about: str) -> int:
        """Note that the work is begun; return how often it was begun before and never ended."""
        async with translated():
            begun = await self._client.hincrby(keys.BEGUN, keys.begun_field(work.value, about), 1)
        return int(begun) - 1

    async def put_back(self, work: Work, about: str) -> None:
        """Take a `begin` back of which nothing came."""
        async with translated():
            await self._client.hincrby(keys.BEGUN, keys.begun_field(work.value, about), -1)

    async def end(self, work: Work, about: str) -> None:
        """Note that the work came to an end, whatever the end was."""
        async with translated():
            await self._client.hdel(keys.BEGUN, keys.begun_field(work.value, about))

    async def park(self, confirmation_id: str) -> None:
        """Take the confirmation out of all that is due, until its retention is over. Callbacks still change its record."""
        lives = (timedelta(days=self._policy.retention_days), _ERASED_AGAIN)
        args: list[Word] = [confirmation_id, *(int(life.total_seconds() * 1000) for life in lives)]
        async with translated():
            await run(self._client, Script.PARK, args=args)

    async def park_endpoint(self, endpoint_id: str) -> None:
        """Deliver nothing to the endpoint any more; what waits for it is kept."""
        async with translated():
            await run(self._client, Script.PARK_ENDPOINT, args=[endpoint_id])

    async def is_over(self, confirmation_id: str) -> bool:
        """Tell whether a confirmation has been parked for its whole retention, or is parked only because it can't be erased."""
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
        return [Parked(one.decode(), from_ms(since)) for one, since in found]

    async def count(self) -> int:
        """Return how many are parked."""
        async with translated():
            return int(await self._client.zcard(keys.PARKED))

    async def redrive(self, about: str) -> None:
        """Have a parked confirmation or endpoint taken up again when it is due, with a clean slate.

        Raises:
            NotFoundError: There is none of that id any more; it is not parked either from now on.
        """
        async with translated():
            if await self._client.exists(keys.webhook(about)):
                await run(self._client, Script.REDRIVE_ENDPOINT, args=[about])
                return
            while not await self._redriven(about):
                pass  # it changed in between

    async def _redriven(self, confirmation_id: str) -> bool:
        stored = await self._client.get(keys.record(confirmation_id))
        if stored is None:
            await run(self._client, Script.REDRIVE, keys=[keys.record(confirmation_id)], args=[packed(confirmation_id, 0, [])])
            raise NotFoundError(confirmation_id)
        record = decode(stored)
        due = side_effects.of_due(record.confirmation, wakes(record.confirmation, self._policy))
        told = packed(confirmation_id, record.version, due)
        return bool(await run(self._client, Script.REDRIVE, keys=[keys.record(confirmation_id)], args=[told]))
