"""Idempotency keys: the same request is answered as the first was, another one under the same key is refused."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.lifecycle.facts import Withdrawn
from shared.store import (
    AlreadyErased,
    AlreadyOpen,
    Answered,
    Claimed,
    Created,
    IdempotencyKey,
    KeyConflict,
    KeyInProgress,
    OptedOut,
    PastRequest,
    Replayed,
    Store,
    keys,
)
from shared.store.shops.idempotency import CLAIM_LIFE, Idempotency
from tests.support.orders import PHONE, an_order

pytestmark = pytest.mark.system

KEY = IdempotencyKey("order-1", "d1")
OTHER_BODY = IdempotencyKey("order-1", "d2")


async def test_the_same_request_is_answered_as_the_first_was(store: Store) -> None:
    first = await store.confirmations.submit(an_order(1, at=await store.now()), idempotency=KEY)
    assert isinstance(first, Created)
    await store.confirmations.apply(an_order(1).id, Withdrawn)
    again = await store.confirmations.submit(replace(an_order(1), id=an_order(2).id), idempotency=KEY)
    assert isinstance(again, Replayed)
    assert isinstance(again.first, Created)
    assert again.first.confirmation.status is first.confirmation.status
    assert again.first.confirmation == replace(first.confirmation, updated_at=again.first.confirmation.updated_at)


async def test_another_request_under_the_same_key_is_refused(store: Store) -> None:
    await store.confirmations.submit(an_order(1, at=await store.now()), idempotency=KEY)
    assert await store.confirmations.submit(an_order(2), idempotency=OTHER_BODY) == KeyConflict()


async def test_keys_of_two_shops_have_nothing_to_do_with_each_other(store: Store) -> None:
    await store.confirmations.submit(an_order(1, at=await store.now()), idempotency=KEY)
    theirs = await store.confirmations.submit(an_order(2, shop="other"), idempotency=OTHER_BODY)
    assert isinstance(theirs, Created)


async def test_a_refusal_is_answered_again_too(store: Store) -> None:
    now = await store.now()
    await store.opt_outs.add("shopaz", PHONE)
    assert await store.confirmations.submit(an_order(1, at=now), idempotency=KEY) == OptedOut()
    await store.opt_outs.remove("shopaz", PHONE)
    again = await store.confirmations.submit(an_order(2, at=now), idempotency=KEY)
    assert again == Replayed(OptedOut())


async def test_an_open_order_is_answered_again_as_open(store: Store) -> None:
    now = await store.now()
    await store.confirmations.submit(an_order(1, at=now))
    same_order = replace(an_order(1, at=now), id=an_order(2).id)
    assert isinstance(await store.confirmations.submit(same_order, idempotency=KEY), AlreadyOpen)
    again = await store.confirmations.submit(replace(same_order, id=an_order(3).id), idempotency=KEY)
    assert isinstance(again, Replayed)
    assert isinstance(again.first, AlreadyOpen)
    assert again.first.is_same


async def test_a_key_of_an_erased_confirmation_orders_nothing_anew(store: Store) -> None:
    now = await store.now()
    await store.confirmations.submit(an_order(1, at=now), idempotency=KEY)
    await store.erasure.eraser.erase(an_order(1).id)
    again = await store.confirmations.submit(an_order(2, at=now), idempotency=KEY)
    assert again == Replayed(AlreadyErased())
    assert (await store.confirmations.recall("shopaz", [PastRequest("A-1", KEY.digest, KEY.key)])) == [again]
    assert await store.client.keys("confirmation:*") == []


async def test_twenty_requests_with_one_key_at_once_give_one_confirmation(store: Store) -> None:
    now = await store.now()
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(store.confirmations.submit(replace(an_order(1, at=now), id=an_order(number).id), idempotency=KEY))
            for number in range(1, 21)
        ]
    results = [task.result() for task in running]
    assert sum(isinstance(result, Created) for result in results) == 1
    assert sum(isinstance(result, Replayed) for result in results) == 19


# --- claims, for requests that are no single step in Redis


async def test_a_claimed_key_is_in_hand_until_it_is_answered(store: Store) -> None:
    claim = await store.idempotency.claim("shopaz", KEY)
    assert isinstance(claim, Claimed)
    assert await store.idempotency.claim("shopaz", KEY) == KeyInProgress()
    assert await store.idempotency.claim("shopaz", OTHER_BODY) == KeyConflict()
    await store.idempotency.answer(claim, Answered(200, b'{"results": [ ]}'))
    assert await store.idempotency.claim("shopaz", KEY) == Answered(200, b'{"results": [ ]}')


async def test_an_abandoned_key_is_free_at_once(store: Store) -> None:
    claim = await store.idempotency.claim("shopaz", KEY)
    assert isinstance(claim, Claimed)
    await store.idempotency.abandon(claim)
    assert isinstance(await store.idempotency.claim("shopaz", OTHER_BODY), Claimed)


async def test_a_key_left_in_hand_by_a_crash_comes_free_by_itself(store: Store) -> None:
    assert timedelta(seconds=30) == CLAIM_LIFE
    hasty = Idempotency(store.client, claim_life=timedelta(milliseconds=50))
    crashed = await hasty.claim("shopaz", KEY)
    await asyncio.sleep(0.08)
    claim = await store.idempotency.claim("shopaz", KEY)
    assert isinstance(claim, Claimed)
    assert isinstance(crashed, Claimed)
    await store.idempotency.answer(crashed, Answered(500, b"too late"))
    assert await store.idempotency.claim("shopaz", KEY) == KeyInProgress()


async def test_the_key_of_a_request_is_in_no_name_in_redis(store: Store) -> None:
    await store.confirmations.submit(an_order(1, at=await store.now()), idempotency=IdempotencyKey(PHONE, "d1"))
    assert isinstance(await store.idempotency.claim("shopaz", IdempotencyKey(f"bulk-{PHONE}", "d2")), Claimed)
    names = [name async for name in store.client.scan_iter("idempotency:*")]
    assert len(names) == 2
    assert not any(PHONE.encode() in name for name in names)


async def test_keys_that_an_earlier_version_stored_are_honoured(store: Store) -> None:
    first = await store.confirmations.submit(an_order(1, at=await store.now()), idempotency=KEY)
    await store.client.rename(keys.idempotency("shopaz", KEY.key), keys.idempotency_by_key("shopaz", KEY.key))
    again = await store.confirmations.submit(replace(an_order(1), id=an_order(2).id), idempotency=KEY)
    assert isinstance(first, Created)
    assert isinstance(again, Replayed)
    past = PastRequest(an_order(1).order.id, KEY.digest, KEY.key)
    assert await store.confirmations.recall("shopaz", [past]) == [again]
    assert isinstance(await store.confirmations.submit(an_order(3), idempotency=OTHER_BODY), KeyConflict)
    bulk = IdempotencyKey("bulk-1", "d1")
    claim = await store.idempotency.claim("shopaz", bulk)
    assert isinstance(claim, Claimed)
    await store.idempotency.answer(claim, Answered(200, b"[]"))
    await store.client.rename(keys.idempotency("shopaz", "bulk-1"), keys.idempotency_by_key("shopaz", "bulk-1"))
    assert await store.idempotency.claim("shopaz", bulk) == Answered(200, b"[]")
