"""Finds confirmations by shop, status, outcome, order and phone number."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.core.confirmation import Confirmation
from shared.core.outcome import Outcome, Status
from shared.core.test_data import owner_of
from shared.store import keys
from shared.store.records.codec import decode
from shared.store.redis.connection import Client, translated

_UNFINISHED = tuple(status.value for status in Status if status is not Status.FINISHED)
_FINISHED = tuple(outcome.value for outcome in Outcome)
_MAX_OF_A_NUMBER = 200
_MAX_AT_ONCE = 200
_MAX_SEARCHES = 10


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a listing; `next_cursor` is None at its end."""

    items: tuple[Confirmation, ...]
    next_cursor: str | None


class Lookups:
    """Reads that do not start from an id. Ids are ULIDs, so that they sort by time."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def list(
        self,
        shop: str,
        *,
        status: Status | None = None,
        outcome: Outcome | None = None,
        order_id: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
        only_tests: bool = False,
    ) -> Page:
        """Return the shop's confirmations that meet all conditions, newest first, after `cursor`.

        Test orders are searched for among all; a page that ends before one was found has none, and the cursor from which the
        search goes on.
        """
        found: list[Confirmation] = []
        is_more, at_once = True, _MAX_AT_ONCE if only_tests else limit + 1
        async with translated():
            for _ in range(_MAX_SEARCHES):
                if order_id is not None:
                    ids, is_more = await self._ids_of_order(shop, order_id, cursor), False
                else:
                    ids = await self._newest(shop, _listings(status, outcome), cursor=cursor, limit=at_once)
                    is_more = len(ids) == at_once
                known = await self.get_many(ids)
                found += [item for item in known if _fits(item, status, outcome) and (item.is_test or not only_tests)]
                if not is_more or len(found) > limit:
                    break
                cursor = ids[-1]
        if len(found) > limit:
            return Page(tuple(found[:limit]), found[limit - 1].id)
        return Page(tuple(found), cursor if is_more else None)

    async def get_many(self, ids: tuple[str, ...]) -> tuple[Confirmation, ...]:
        """Return those of the confirmations that exist, in the order of `ids`."""
        if not ids:
            return ()
        async with translated():
            stored = await self._client.mget([keys.record(confirmation_id) for confirmation_id in ids])
        return tuple(decode(record).confirmation for record in stored if record is not None)

    async def existing(self, confirmation_ids: Sequence[str]) -> frozenset[str]:
        """Return those of the ids that exist, whether their records can be read or not."""
        pipe = self._client.pipeline(transaction=False)
        for confirmation_id in confirmation_ids:
            pipe.exists(keys.record(confirmation_id))
        async with translated():
            found = await pipe.execute()
        return frozenset(confirmation_id for confirmation_id, is_there in zip(confirmation_ids, found, strict=True) if is_there)

    async def is_listed(self, shop: str, confirmation_id: str) -> bool:
        """Tell whether a confirmation is the shop's, without reading its record, which may be unreadable."""
        pipe = self._client.pipeline(transaction=True)  # in one transaction, because it moves from one listing to another
        for word in _UNFINISHED + _FINISHED:
            pipe.zscore(keys.listing(shop, word), confirmation_id)
        async with translated():
            return any(score is not None for score in await pipe.execute())

    async def find_open_by_phone(self, shop: str | None, phone: str) -> tuple[Confirmation, ...]:
        """Return the number's open confirmations of one shop or, with None, of all, newest first and without test orders."""
        return await self._of_phone(phone, lambda item: not item.is_finished and shop in {None, item.shop})

    async def find_finished_by_phone(self, phone: str, *, since: datetime) -> tuple[Confirmation, ...]:
        """Return the number's confirmations that finished at `since` or later, of all shops, newest first, without test orders."""
        return await self._of_phone(phone, lambda item: item.is_finished and item.updated_at >= since)

    async def of_phone(self, phone: str) -> tuple[Confirmation, ...]:
        """Return the number's confirmations of all shops, also finished ones, newest first and without test orders."""
        return await self._of_phone(phone, lambda _item: True)

    async def _of_phone(self, phone: str, fits: Callable[[Confirmation], bool]) -> tuple[Confirmation, ...]:
        """Return at most 200 that fit; whatever else the number has, however many, hides none of them."""
        found: list[Confirmation] = []
        async with translated():
            for start in itertools.count(step=_MAX_AT_ONCE):
                ids = await self._client.zrange(keys.phone(phone), start, start + _MAX_AT_ONCE - 1, desc=True)
                known = await self.get_many(tuple(confirmation_id.decode() for confirmation_id in ids))
                found += [item for item in known if not item.is_test and fits(item)]
                if len(ids) < _MAX_AT_ONCE or len(found) >= _MAX_OF_A_NUMBER:
                    break
        return tuple(found[:_MAX_OF_A_NUMBER])

    async def _ids_of_order(self, shop: str, order_id: str, cursor: str | None) -> tuple[str, ...]:
        pipe = self._client.pipeline(transaction=False)
        for is_test in (False, True):
            pipe.hget(keys.orders(owner_of(shop, is_test=is_test)), order_id)
        every = sorted((one for ids in await pipe.execute() if ids for one in ids.decode().split(" ")), reverse=True)
        return tuple(confirmation_id for confirmation_id in every if cursor is None or confirmation_id < cursor)

    async def _newest(self, shop: str, words: tuple[str, ...], *, cursor: str | None, limit: int) -> tuple[str, ...]:
        pipe = self._client.pipeline(
            transaction=True
        )  # in one transaction, so that what moves between two listings is found in one of them
        newest = "+" if cursor is None else f"({cursor}"
        for word in words:
            pipe.zrevrangebylex(keys.listing(shop, word), newest, "-", start=0, num=limit)
        parts = await pipe.execute()
        found = sorted((confirmation_id.decode() for part in parts for confirmation_id in part), reverse=True)
        return tuple(found[:limit])


def _listings(status: Status | None, outcome: Outcome | None) -> tuple[str, ...]:
    """Return the listings that can hold what is looked for; each confirmation is in exactly one."""
    if outcome is not None:
        return (outcome.value,) if status in {None, Status.FINISHED} else ()
    if status is None:
        return _UNFINISHED + _FINISHED
    return _FINISHED if status is Status.FINISHED else (status.value,)


def _fits(confirmation: Confirmation, status: Status | None, outcome: Outcome | None) -> bool:
    return status in {None, confirmation.status} and outcome in {None, confirmation.outcome}
