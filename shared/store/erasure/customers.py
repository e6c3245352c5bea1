"""Erases a customer: all that a shop has under one phone number."""

from dataclasses import dataclass

from shared.core.errors import NotFoundError
from shared.core.lifecycle.facts import ErasureRequested
from shared.core.outcome import Outcome
from shared.store import keys
from shared.store.erasure.eraser import Eraser
from shared.store.records.codec import decode_if_readable
from shared.store.records.confirmations import Confirmations
from shared.store.records.lookups import Lookups
from shared.store.redis.connection import Client, translated
from shared.store.shops.audit import Audit, AuditNote

_READ_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class CustomerErasure:
    """What became of a customer's confirmations: how many of each kind.

    `erased` no longer exist. `pending` have a call going on, and are erased when it ends. `withdrawn` counts the open orders
    among both. `unread` outcomes were erased before `unread_by` had taken them: consumer groups of the CRM, and webhook
    endpoints. `unreadable` are the ids whose records cannot be read: they still exist (`unreadable_records.py` erases them).
    """

    erased: int = 0
    pending: int = 0
    withdrawn: int = 0
    unread: int = 0
    unread_by: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()


class Customers:
    """Customers by phone number. The do-not-call list is not changed: it protects them."""

    def __init__(self, client: Client, lookups: Lookups, confirmations: Confirmations, *, eraser: Eraser, audit: Audit) -> None:
        self._client = client
        self._lookups = lookups
        self._confirmations = confirmations
        self._eraser = eraser
        self._audit = audit

    async def erase(self, shop: str, phone: str, *, only_tests: bool = False, audit: AuditNote | None = None) -> CustomerErasure:
        """Withdraw the open orders of a number, and erase its confirmations, all or its test orders; repeating it does no harm.

        The note in the audit is written with the first change, or by itself if there is nothing to change.
        """
        erased = pending = withdrawn = unread = 0
        unread_by: set[str] = set()
        ids, unreadable = await self._ids(shop, phone, only_tests=only_tests)
        for confirmation_id in ids:
            try:
                step = await self._confirmations.apply(confirmation_id, ErasureRequested, audit=audit)
            except NotFoundError:  # another request erased it at the same time
                continue
            audit = None if step.is_changed else audit
            after = step.confirmation
            withdrawn += step.is_changed and (after.withdrawn_at is not None or after.outcome is Outcome.WITHDRAWN)
            if not after.is_finished:
                pending += 1
                continue
            result = await self._eraser.erase(confirmation_id, audit=audit)
            audit = audit if result is None else None
            erased += result is not None
            if result is not None and result.unread_by:
                unread += 1
                unread_by.update(result.unread_by)
        if audit is not None:
            await self._audit.write(audit)
        return CustomerErasure(erased, pending, withdrawn, unread, tuple(sorted(unread_by)), tuple(unreadable))

    async def _ids(self, shop: str, phone: str, *, only_tests: bool) -> tuple[list[str], list[str]]:
        """Return the ids of the shop's confirmations of a number, and of those whose records cannot be read."""
        async with translated():
            every = [found.decode() for found in await self._client.zrange(keys.phone(phone), 0, -1)]
        ids: list[str] = []
        unreadable: list[str] = []
        for start in range(0, len(every), _READ_AT_ONCE):
            some = every[start : start + _READ_AT_ONCE]
            async with translated():
                stored = await self._client.mget([keys.record(confirmation_id) for confirmation_id in some])
            for confirmation_id, one in zip(some, stored, strict=True):
                if one is None:
                    continue
                if (record := decode_if_readable(one)) is None:
                    unreadable += [confirmation_id] * (not only_tests) * await self._lookups.is_listed(shop, confirmation_id)
                elif record.confirmation.shop == shop and (record.confirmation.is_test or not only_tests):
                    ids.append(confirmation_id)
        return ids, unreadable
