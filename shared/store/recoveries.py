"""Work that was begun and never came to its end: counted, and parked when it has been taken up again too often."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.core.dial_policy import DialPolicy, wakes
from shared.core.errors import NotFoundError
from shared.store import follow_ups, keys
from shared.store.codec import decode, from_ms
from shared.store.connection import Client, translated
from shared.store.scripts import Script, Word, run

MOST_RECOVERIES = 3


class Work(StrEnum):
    """What is done for a confirmation. Each is counted for itself, or care that goes well would hide a call that doesn't."""

    DIAL = "dial"
    CARE = "care"


@dataclass(frozen=True, slots=True)
class Parked:
    """A confirmation that nobody looks at any more until somebody says so, and since when."""

    confirmation_id: str
    since: datetime


class Recoveries:
    """Counts by Redis, so that they outlive whoever dies of the work."""

    def __init__(self, client: Client, policy: DialPolicy) -> None:
        self._client = client
        self._policy = policy

    async def begin(self, work: Work, confirmation_id: str) -> int:
        """Note that the work is begun; return how often it was begun before and never ended."""
        async with translated():
            begun = await self._client.hincrby(keys.BEGUN, keys.begun_field(work.value, confirmation_id), 1)
        return int(begun) - 1

    async def put_back(self, work: Work, confirmation_id: str) -> None:
        """Take a `begin` back of which nothing came."""
        async with translated():
            await self._client.hincrby(keys.BEGUN, keys.begun_field(work.value, confirmation_id), -1)

    async def end(self, work: Work, confirmation_id: str) -> None:
        """Note that the work came to an end, whatever the end was."""
        async with translated():
            await self._client.hdel(keys.BEGUN, keys.begun_field(work.value, confirmation_id))

    async def park(self, confirmation_id: str) -> None:
        """Take the confirmation out of all that is due. Its record stays, and callbacks still change it."""
        async with translated():
            await run(self._client, Script.PARK, args=[confirmation_id])

    async def parked(self) -> list[Parked]:
        """Return what is parked, longest first."""
        async with translated():
            found = await self._client.zrange(keys.PARKED, 0, -1, withscores=True)
        return [Parked(confirmation_id.decode(), from_ms(since)) for confirmation_id, since in found]

    async def count(self) -> int:
        """Return how many are parked."""
        async with translated():
            return int(await self._client.zcard(keys.PARKED))

    async def redrive(self, confirmation_id: str) -> None:
        """Have a parked confirmation looked at again when it is due by its record, with a clean slate.

        Raises:
            NotFoundError: There is none of that id any more; it is not parked either from now on.
        """
        async with translated():
            while not await self._redriven(confirmation_id):
                pass  # it changed in between

    async def _redriven(self, confirmation_id: str) -> bool:
        stored = await self._client.get(keys.record(confirmation_id))
        if stored is None:
            await run(self._client, Script.REDRIVE, keys=[keys.record(confirmation_id)], args=[confirmation_id, 0, b"\x90"])
            raise NotFoundError(confirmation_id)
        record = decode(stored)
        due = follow_ups.of_due(record.confirmation, wakes(record.confirmation, self._policy))
        args: list[Word] = [confirmation_id, record.version, follow_ups.packed(due)]
        return bool(await run(self._client, Script.REDRIVE, keys=[keys.record(confirmation_id)], args=args))
