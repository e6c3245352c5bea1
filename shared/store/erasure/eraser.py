"""Erases a confirmation with all that belongs to it: because the shop asks for it, or because its retention is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.core.confirmation import Confirmation
from shared.core.dialing.dial_policy import DialPolicy
from shared.core.errors import StoreUnavailableError
from shared.core.retention import keep_until
from shared.core.test_data import owner_of
from shared.store import keys
from shared.store.records.codec import ConfirmationRecord, decode, from_time, listing_key
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, Word, run
from shared.store.shops.audit import AuditNote, argument_of

# How much longer than the retention an outcome is kept that a consumer group has not acknowledged, and how often it is looked at.
UNREAD_GRACE = timedelta(days=7)
RECHECK_EVERY = timedelta(days=1)
_MAX_CONFLICTS = 20


@dataclass(frozen=True, slots=True)
class Erased:
    """The confirmation is erased. `unread_by` names the consumer groups and webhook endpoints that had not taken its outcome."""

    unread_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RetainedUnread:
    """The retention is over, but these consumer groups have not read the outcome: the confirmation is kept a while longer."""

    unread_by: tuple[str, ...]


class Eraser:
    """Removes the record, its events, its transcript, its entry in the CRM's stream and every reference to it.

    The do-not-call list is not changed: it protects the customer.
    """

    def __init__(self, client: Client, policy: DialPolicy) -> None:
        self._client = client
        self._policy = policy

    async def erase(self, confirmation_id: str, *, audit: AuditNote | None = None) -> Erased | None:
        """Erase a confirmation, finished or not, with the note in the audit; return None if there is none of that id."""
        async with translated():
            for _ in range(_MAX_CONFLICTS):
                stored = await self._client.get(keys.record(confirmation_id))
                if stored is None:
                    return None
                answer = await self._erase(decode(stored), "take", audit)
                if isinstance(answer, Erased):
                    return answer
        raise StoreUnavailableError(f"{confirmation_id} changed too often to be erased")

    async def erase_if_over(self, confirmation_id: str) -> Erased | RetainedUnread | None:
        """Erase a confirmation whose retention is over; return None if it is not, or if there is none of that id.

        It is kept for `UNREAD_GRACE` while a consumer group has not acknowledged its outcome, unless erasure was requested.
        """
        async with translated():
            stored = await self._client.get(keys.record(confirmation_id))
            seconds, micros = await self._client.time()
            if stored is None:
                await self._clear_due(confirmation_id)
                return None
            record = decode(stored)
            over_at = keep_until(record.confirmation, retention_days=self._policy.retention_days)
            now = from_time(int(seconds), int(micros))
            if not record.confirmation.is_finished or now < over_at:
                return None
            return await self._erase(record, "keep" if _may_be_kept(record.confirmation, over_at, now) else "take")

    async def _clear_due(self, confirmation_id: str) -> None:
        """Remove an erased confirmation from what is due and what is parked."""
        pipe = self._client.pipeline(transaction=True)
        pipe.zrem(keys.DUE_RECONCILIATION, confirmation_id)
        pipe.zrem(keys.PARKED, confirmation_id)
        await pipe.execute()

    async def _erase(
        self, record: ConfirmationRecord, mode: Literal["keep", "take"], audit: AuditNote | None = None
    ) -> Erased | RetainedUnread | None:
        old = record.confirmation
        tests = owner_of(old.shop, is_test=True)
        script_keys = [
            keys.record(old.id),
            keys.history(old.id),
            keys.transcript(old.id),
            keys.orders(old.shop),
            keys.phone(old.customer.phone),
            listing_key(old),
            keys.outcomes_log(old.shop),
            keys.line(old.customer.phone),
            keys.orders(tests),
        ]
        again_ms = int(RECHECK_EVERY.total_seconds() * 1000)
        order: list[Word] = [old.order.id, old.shop, old.call.priority.value]
        args = [old.id, record.version, *order, mode, again_ms, tests, argument_of(audit)]
        word, *unread = await run(self._client, Script.ERASE, keys=script_keys, args=args)
        unread_by = tuple(reader.decode() for reader in unread)
        if word == b"done":
            return Erased(unread_by)
        return RetainedUnread(unread_by) if word == b"kept" else None


def _may_be_kept(confirmation: Confirmation, over_at: datetime, now: datetime) -> bool:
    return confirmation.erasure_requested_at is None and now < over_at + UNREAD_GRACE
