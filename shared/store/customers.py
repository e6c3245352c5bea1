"""Forgetting a customer: all that a shop has under one phone number."""

from dataclasses import dataclass

from shared.core.facts import ErasureRequested
from shared.core.outcome import Outcome
from shared.store import keys
from shared.store.confirmations import Confirmations
from shared.store.connection import Client, translated
from shared.store.erasure import Eraser
from shared.store.lookups import Lookups

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What became of a customer's confirmations.

    `erased` are gone. `pending` have a call going on, and are erased when it ends. `withdrawn` of both were open orders.
    `unread` outcomes were erased before a consumer group of the CRM had acknowledged them, `unread_by` names the groups.
    """

    erased: int = 0
    pending: int = 0
    withdrawn: int = 0
    unread: int = 0
    unread_by: tuple[str, ...] = ()


class Customers:
    """The people behind the numbers. The do-not-call list stays: it is kept for their own sake."""

    def __init__(self, client: Client, lookups: Lookups, confirmations: Confirmations, eraser: Eraser) -> None:
        self._client = client
        self._lookups = lookups
        self._confirmations = confirmations
        self._eraser = eraser

    async def forget(self, shop: str, phone: str) -> Forgotten:
        """Take back what is open under a number, and erase everything; repeating it does no harm."""
        erased = pending = withdrawn = unread = 0
        groups: set[str] = set()
        for confirmation_id in await self._ids(shop, phone):
            step = await self._confirmations.apply(confirmation_id, ErasureRequested)
            after = step.confirmation
            withdrawn += step.is_changed and (after.withdrawn_at is not None or after.outcome is Outcome.WITHDRAWN)
            if not after.is_finished:
                pending += 1
                continue
            answer = await self._eraser.erase(confirmation_id)
            erased += answer is not None
            if answer is not None and answer.unread_by:
                unread += 1
                groups.update(answer.unread_by)
        return Forgotten(erased, pending, withdrawn, unread, tuple(sorted(groups)))

    async def _ids(self, shop: str, phone: str) -> list[str]:
        """Return the ids of all of the shop's confirmations of a number."""
        async with translated():
            every = [found.decode() for found in await self._client.zrange(keys.phone(phone), 0, -1)]
        ids: list[str] = []
        for start in range(0, len(every), _AT_ONCE):
            found = await self._lookups.get_many(tuple(every[start : start + _AT_ONCE]))
            ids += [confirmation.id for confirmation in found if confirmation.shop == shop]
        return ids
