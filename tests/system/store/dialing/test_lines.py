"""A number has one call at a time, whatever orders and shops it is about; the other orders wait and are called later."""

import asyncio
from dataclasses import replace

import pytest

from shared.core.lifecycle.facts import AttemptBegun, CallEnded, InboundCallArrived
from shared.core.outcome import AttemptResult
from shared.store import DialGrant, DialWait, Store
from tests.support.orders import PHONE, an_order, with_phone

pytestmark = pytest.mark.system


async def submit(store: Store, *numbers: int, shop: str = "shopaz", phone: str = PHONE) -> None:
    now = await store.now()
    for number in numbers:
        await store.confirmations.submit(with_phone(an_order(number, at=now, shop=shop), phone))


async def begin(store: Store, number: int) -> bool:
    """Begin a call; return whether it was begun."""
    attempt_id = f"att_{number}"
    step = await store.confirmations.apply(an_order(number).id, lambda now: AttemptBegun(now, attempt_id, "+1"))
    return step.confirmation.open_attempt is not None


async def end(store: Store, number: int) -> None:
    await store.confirmations.apply(an_order(number).id, lambda now: CallEnded(now, f"att_{number}", AttemptResult.BUSY))


async def admitted(store: Store, limit_s: float = 15) -> str | None:
    """Return the id of the next grant."""
    try:
        async with asyncio.timeout(limit_s):
            while True:
                granted = await store.dialing.due.admit(f"n-{asyncio.get_running_loop().time()}")
                if isinstance(granted, DialGrant):
                    return granted.confirmation_id
                await asyncio.sleep(0.02)
    except TimeoutError:
        return None


async def test_a_second_order_of_a_number_is_passed_over_while_the_first_is_in_a_call(store: Store) -> None:
    await submit(store, 1)
    assert await begin(store, 1)
    await submit(store, 2, shop="gjirafa")
    await submit(store, 3, phone="+38344999999")
    assert await admitted(store) == an_order(3).id
    assert await admitted(store, 0.1) is None
    await end(store, 1)
    assert await admitted(store) == an_order(2).id


async def test_of_two_that_were_granted_at_once_only_one_is_begun_and_the_other_comes_again(store: Store) -> None:
    await submit(store, 1, 2)
    granted = {await admitted(store), await admitted(store)}
    assert granted == {an_order(1).id, an_order(2).id}
    assert await begin(store, 1)
    assert not await begin(store, 2)
    assert (await store.confirmations.get(an_order(2).id)).attempts == ()
    await store.dialing.due.give_back(an_order(2).id)
    await end(store, 1)
    assert await admitted(store) == an_order(2).id
    assert await begin(store, 2)


async def test_twenty_that_begin_at_once_give_one_call(store: Store) -> None:
    await submit(store, *range(1, 21))
    assert sum(await asyncio.gather(*(begin(store, number) for number in range(1, 21)))) == 1


async def test_a_customer_who_phones_in_is_not_phoned(store: Store) -> None:
    await submit(store, 1, 2)
    await store.confirmations.apply(an_order(1).id, lambda now: InboundCallArrived(now, "att_1", "CA1"))
    assert not await begin(store, 2)


async def test_the_line_is_free_when_what_held_it_is_gone(store: Store) -> None:
    await submit(store, 1, 2)
    assert await begin(store, 1)
    await store.erasure.eraser.erase(an_order(1).id)
    assert await store.client.keys("line:*") == []
    assert await begin(store, 2)


async def test_a_test_order_takes_no_line_and_waits_for_none(store: Store) -> None:
    now = await store.now()
    await submit(store, 1)
    assert await begin(store, 1)
    await store.confirmations.submit(replace(an_order(2, at=now), is_test=True))
    assert await begin(store, 2)
    assert await store.dialing.due.calls_open() == 1
    assert await store.client.smembers(f"line:{PHONE}") == {an_order(1).id.encode()}
    assert isinstance(await store.dialing.due.admit("n"), DialWait)
