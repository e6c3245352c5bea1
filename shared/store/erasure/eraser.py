"""Erasing a confirmation with all that belongs to it: at a shop's wish, or when its time is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.core.confirmation import Confirmation
from shared.core.dialing.dial_policy import DialPolicy
from shared.core.dialing.retention import keep_until
from shared.core.errors import StoreUnavailableError
from shared.store import keys
from shared.store.records.codec import Record, decode, from_time
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, Word, run

# An outcome that a consumer group has not acknowledged is kept so much longer than the retention, and looked at each day.
UNREAD_GRACE = timedelta(days=7)
LOOK_AGAIN = timedelta(days=1)
_MOST_CONFLICTS = 20


@dataclass(frozen=True, slots=True)
class Erased:
    """It is gone. `unread_by` names who had not taken its outcome: consumer groups of the CRM, and webhook endpoints."""

    unread_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptUnread:
    """Its time is over, and it is kept for these consumer groups a while longer."""

    unread_by: tuple[str, ...]


class Eraser:
    """Takes out the record, its events, its transcript, its entry in the CRM's stream and every reference to it.

    The do-not-call list stays as it is: it is kept for the customer's sake.
    """

    def __init__(self, client: Client, policy: DialPolicy) -> None:
        self._client = client
        self._policy = policy

    async def erase(self, confirmation_id: str) -> Erased | None:
        """Erase a confirmation, finished or not; None where there is none of that id."""
        async with translated():
            for _ in range(_MOST_CONFLICTS):
                stored = await self._client.get(keys.record(confirmation_id))
                if stored is None:
                    return None
                answer = await self._erase(decode(stored), "take")
                if isinstance(answer, Erased):
                    return answer
        raise StoreUnavailableError(f"{confirmation_id} changed too often to be erased")

    async def erase_if_over(self, confirmation_id: str) -> Erased | KeptUnread | None:
        """Erase a confirmation whose time is over; None where it is not, or where there is none.

        One whose outcome a consumer group has not acknowledged is kept for `UNREAD_GRACE`, unless its customer is to be forgotten.
        """
        async with translated():
            stored = await self._client.get(keys.record(confirmation_id))
            seconds, micros = await self._client.time()
            if stored is None:
                await self._forget_due(confirmation_id)
                return None
            record = decode(stored)
            over_at = keep_until(record.confirmation, self._policy)
            now = from_time(int(seconds), int(micros))
            if not record.confirmation.is_finished or now < over_at:
                return None
            return await self._erase(record, "keep" if _may_be_kept(record.confirmation, over_at, now) else "take")

    async def _forget_due(self, confirmation_id: str) -> None:
        """Take out what is due, or parked, of a confirmation that is gone."""
        pipe = self._client.pipeline(transaction=True)
        pipe.zrem(keys.DUE_CARE, confirmation_id)
        pipe.zrem(keys.PARKED, confirmation_id)
        await pipe.execute()

    async def _erase(self, record: Record, mode: Literal["keep", "take"]) -> Erased | KeptUnread | None:
        old = record.confirmation
        places = [
            keys.record(old.id),
            keys.history(old.id),
            keys.transcript(old.id),
            keys.orders(old.shop),
            keys.phone(old.customer.phone),
            keys.listing_of(old),
            keys.outcomes_log(old.shop),
            keys.line(old.customer.phone),
        ]
        again_ms = int(LOOK_AGAIN.total_seconds() * 1000)
        args: list[Word] = [old.id, record.version, old.order.id, old.shop, old.call.priority.value, mode, again_ms]
        word, *unread = await run(self._client, Script.ERASE, keys=places, args=args)
        unread_by = tuple(one.decode() for one in unread)
        if word == b"done":
            return Erased(unread_by)
        return KeptUnread(unread_by) if word == b"kept" else None


def _may_be_kept(confirmation: Confirmation, over_at: datetime, now: datetime) -> bool:
    return confirmation.erasure_requested_at is None and now < over_at + UNREAD_GRACE
