"""Work that was begun too often and did not end is parked, listed, and redriven by an operator."""

from datetime import timedelta

import pytest

from shared.core.errors import NotFoundError
from shared.core.lifecycle.facts import AttemptBegun, CallPlaced, Withdrawn
from shared.core.order import CallWishes, Priority
from shared.store import DialGrant, Store, Work
from tests.support.claimed_reconciliations import claimed_reconciliations
from tests.support.orders import ALWAYS, an_order

pytestmark = pytest.mark.system
ID = an_order().id


async def submit(store: Store, *, call: CallWishes | None = None) -> None:
    await store.confirmations.submit(an_order(at=await store.now() - timedelta(hours=1), call=call))


async def is_granted(store: Store, nonce: str) -> bool:
    return isinstance(await store.dialing.due.admit(nonce), DialGrant)


async def test_what_was_begun_and_not_ended_is_counted_by_kind_of_work(store: Store) -> None:
    assert [await store.dialing.crash_counts.begin(Work.DIAL, ID) for _ in range(3)] == [0, 1, 2]
    assert await store.dialing.crash_counts.begin(Work.RECONCILIATION, ID) == 0
    await store.dialing.crash_counts.end(Work.RECONCILIATION, ID)
    await store.dialing.crash_counts.undo_begin(Work.DIAL, ID)
    assert await store.dialing.crash_counts.begin(Work.DIAL, ID) == 2
    await store.dialing.crash_counts.end(Work.DIAL, ID)
    assert await store.dialing.crash_counts.begin(Work.DIAL, ID) == 0


@pytest.mark.parametrize("priority", Priority)
async def test_what_is_parked_is_due_no_more_until_it_is_driven_again(store: Store, priority: Priority) -> None:
    await submit(store, call=CallWishes(priority=priority))
    await store.dialing.crash_counts.begin(Work.DIAL, ID)
    await store.dialing.crash_counts.park(ID)
    await store.dialing.crash_counts.park(ID)
    assert [parked.id for parked in await store.dialing.crash_counts.parked()] == [ID]
    assert not await is_granted(store, "one")
    await store.dialing.crash_counts.redrive(ID)
    assert await store.dialing.crash_counts.count() == 0
    assert await is_granted(store, "two")
    assert await store.dialing.crash_counts.begin(Work.DIAL, ID) == 0


async def test_a_call_that_is_parked_is_cared_for_again_when_it_is_driven_again(store: Store) -> None:
    await submit(store)
    past = timedelta(days=1)
    await store.confirmations.apply(ID, lambda now: AttemptBegun(now - past, "att_1", "+38344000001"))
    await store.confirmations.apply(ID, lambda now: CallPlaced(now - past, "att_1", "CA1"))
    await store.dialing.crash_counts.park(ID)
    assert await store.dialing.due.claim_reconciliations() == []
    await store.dialing.crash_counts.redrive(ID)
    assert await claimed_reconciliations(store) == [ID]


async def test_a_confirmation_that_is_gone_is_not_parked_any_more(store: Store) -> None:
    await store.dialing.crash_counts.park(ID)
    with pytest.raises(NotFoundError):
        await store.dialing.crash_counts.redrive(ID)
    assert await store.dialing.crash_counts.count() == 0


async def test_a_record_that_nobody_can_read_can_be_parked(store: Store) -> None:
    await submit(store)
    await store.client.set(f"confirmation:{ID}", "nonsense")
    await store.dialing.crash_counts.park(ID)
    assert not await is_granted(store, "one")


async def test_what_is_parked_is_looked_at_again_when_its_retention_is_over(store: Store) -> None:
    await submit(store)
    await store.dialing.crash_counts.park(ID)
    now, days = await store.now(), ALWAYS.retention_days
    due_ms = await store.client.zscore("due:care", ID)
    assert due_ms == pytest.approx((now + timedelta(days=days)).timestamp() * 1000, abs=10_000)
    assert not await store.dialing.crash_counts.is_over(ID)
    await parked_long_ago(store, timedelta(days=days, seconds=1))
    assert await store.dialing.crash_counts.is_over(ID)
    await store.dialing.crash_counts.redrive(ID)
    assert not await store.dialing.crash_counts.is_over(ID)
    assert await store.client.zscore("due:care", ID) is None


async def test_what_could_not_be_erased_is_tried_again_a_day_later(store: Store) -> None:
    await submit(store)
    await store.confirmations.apply(ID, Withdrawn)
    await store.dialing.crash_counts.park(ID)
    due_ms = await store.client.zscore("due:care", ID)
    assert due_ms == pytest.approx((await store.now() + timedelta(days=1)).timestamp() * 1000, abs=10_000)
    assert await store.dialing.crash_counts.is_over(ID)


async def test_what_finishes_or_is_erased_is_parked_no_more(store: Store) -> None:
    await submit(store)
    await store.dialing.crash_counts.begin(Work.DIAL, ID)
    await store.dialing.crash_counts.park(ID)
    await store.confirmations.apply(ID, Withdrawn)
    assert (await store.dialing.crash_counts.count(), await store.client.hlen("due:begun")) == (0, 0)
    await store.dialing.crash_counts.begin(Work.RECONCILIATION, ID)
    await store.dialing.crash_counts.park(ID)
    await store.erasure.eraser.erase(ID)
    assert (await store.dialing.crash_counts.count(), await store.client.hlen("due:begun")) == (0, 0)
    assert await store.client.zscore("due:care", ID) is None


async def parked_long_ago(store: Store, ago: timedelta) -> None:
    await store.client.zadd("due:parked", {ID: (await store.now() - ago).timestamp() * 1000})
