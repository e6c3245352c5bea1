"""Erasing a confirmation with all that belongs to it: at a shop's wish, or when its time is over."""

from datetime import datetime, timedelta

from shared.core.confirmation import Confirmation
from shared.core.dial_policy import DialPolicy
from shared.core.errors import StoreUnavailableError
from shared.store import keys
from shared.store.codec import Record, decode, from_time
from shared.store.connection import Client, translated
from shared.store.scripts import Script, Word, run

_MOST_CONFLICTS = 20


class Eraser:
    """Takes out the record, its events, its transcript, its entry in the CRM's stream and every reference to it.

    The do-not-call list stays as it is: it is kept for the customer's sake.
    """

    def __init__(self, client: Client, policy: DialPolicy) -> None:
        self._client = client
        self._policy = policy

    async def erase(self, confirmation_id: str) -> bool:
        """Erase a confirmation, finished or not; False where there is none of that id."""
        async with translated():
            for _ in range(_MOST_CONFLICTS):
                stored = await self._client.get(keys.record(confirmation_id))
                if stored is None:
                    return False
                if await self._erase(decode(stored)):
                    return True
        raise StoreUnavailableError(f"{confirmation_id} changed too often to be erased")

    async def erase_if_over(self, confirmation_id: str) -> bool:
        """Erase a confirmation that finished longer ago than the retention; True where it was."""
        async with translated():
            stored = await self._client.get(keys.record(confirmation_id))
            seconds, micros = await self._client.time()
            if stored is None:
                await self._client.zrem(keys.DUE_CARE, confirmation_id)
                return False
            record = decode(stored)
            now = from_time(int(seconds), int(micros))
            return self._is_over(record.confirmation, now) and await self._erase(record)

    def _is_over(self, confirmation: Confirmation, now: datetime) -> bool:
        over_at = confirmation.updated_at + timedelta(days=self._policy.retention_days)
        return confirmation.is_finished and over_at <= now

    async def _erase(self, record: Record) -> bool:
        old = record.confirmation
        places = [
            keys.record(old.id),
            keys.history(old.id),
            keys.transcript(old.id),
            keys.orders(old.shop),
            keys.phone(old.customer.phone),
            keys.listing_of(old),
            keys.outcomes_log(old.shop),
        ]
        args: list[Word] = [old.id, record.version, old.order.id, old.shop, old.call.priority.value]
        reply: bytes = await run(self._client, Script.ERASE, keys=places, args=args)
        return reply == b"done"
