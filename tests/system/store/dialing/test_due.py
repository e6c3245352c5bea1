"""Calls are granted evenly spaced, never too many at once, high priority first, shops round robin; reconciliations are claimed."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.lifecycle.facts import AttemptBegun, Scheduled, Withdrawn
from shared.core.order import CallWishes, Priority
from shared.store import DialGrant, DialWait, Limits, Store, WaitReason, connect
from shared.store.dialing.due import LEASE_S
from tests.support.orders import ALWAYS, an_order
from tests.system.store.conftest import CALL, FAST

pytestmark = pytest.mark.system

StoreWith = Callable[[Limits], Store]


@pytest.fixture
async def store_with(valkey_url: str) -> AsyncIterator[StoreWith]:
    opened: list[Store] = []

    def open_store(limits: Limits) -> Store:
        opened.append(connect(valkey_url, ALWAYS, limits))
        return opened[-1]

    yield open_store
    for store in opened:
        await store.close()


async def submit(store: Store, *numbers: int, shop: str = "shopaz", call: CallWishes | None = None) -> None:
    now = await store.now()
    await store.confirmations.submit_many([an_order(number, at=now, shop=shop, call=call) for number in numbers])


async def grants(store: Store, count: int) -> list[DialGrant]:
    """Take the next grants, for at most five seconds."""
    taken: list[DialGrant] = []
    deadline = time.monotonic() + 5
    while len(taken) < count and time.monotonic() < deadline:
        answer = await store.dialing.due.admit(f"n-{time.monotonic_ns()}")
        if isinstance(answer, DialGrant):
            taken.append(answer)
    return taken


async def end_leases(store: Store) -> None:
    """Put the end of every lease into the past, so that no test waits for one or is too slow for one."""
    for key in ("calls:open", "due:care", "due:heads:normal", "due:dial:normal:shopaz"):
        if ids := await store.client.zrange(key, 0, -1):
            await store.client.zadd(key, dict.fromkeys(ids, 1))


async def test_nothing_due_says_when_something_will_be(store: Store) -> None:
    assert await store.dialing.due.admit("n-1") == DialWait(None, WaitReason.NOTHING_DUE)
    later = (await store.now() + timedelta(seconds=60)).replace(microsecond=0)
    await submit(store, 1, call=CallWishes(not_before=later))
    assert await store.dialing.due.admit("n-2") == DialWait(later, WaitReason.NOTHING_DUE)


async def test_what_was_granted_is_leased_and_comes_again(store: Store) -> None:
    await submit(store, 1)
    earliest = await store.client.time()
    first = await store.dialing.due.admit("n-1")
    held = await store.dialing.due.admit("n-2")
    assert isinstance(held, DialWait)
    assert held.until is not None
    assert held.until.timestamp() >= earliest[0] + LEASE_S
    await end_leases(store)
    second = await store.dialing.due.admit("n-3")
    assert first == second == DialGrant(an_order(1).id, "shopaz")


async def test_calls_are_evenly_spaced_whoever_asks(store_with: StoreWith) -> None:
    limits = Limits(calls_per_second=50, max_concurrent_calls=100)
    stores = [store_with(limits) for _ in range(3)]
    await submit(stores[0], *range(1, 31))
    asked: list[float] = []
    answered: list[float] = []

    async def take(store: Store, worker: int) -> None:
        turn = 0
        while len(answered) < 20:
            turn += 1
            asked_at = time.monotonic()
            if isinstance(await store.dialing.due.admit(f"{worker}-{turn}"), DialGrant):
                asked.append(asked_at)
                answered.append(time.monotonic())

    async with asyncio.TaskGroup() as tasks:
        for worker, store in enumerate(stores):
            tasks.create_task(take(store, worker))
    assert max(answered) - min(asked) >= 19 * 0.020 - 0.001  # the server's clock is read in whole milliseconds


async def test_a_pause_gives_no_right_to_a_burst(store_with: StoreWith) -> None:
    store = store_with(Limits(calls_per_second=0.1, max_concurrent_calls=100))
    await submit(store, 1, 2, 3)
    assert isinstance(await store.dialing.due.admit("n-1"), DialGrant)
    await store.client.set("due:rate", 1)  # as after a long pause
    earliest = await store.client.time()
    assert isinstance(await store.dialing.due.admit("n-2"), DialGrant)
    latest = await store.client.time()
    held = await store.dialing.due.admit("n-3")
    assert isinstance(held, DialWait)
    assert held.reason is WaitReason.RATE
    assert held.until is not None
    assert earliest[0] + 10 <= held.until.timestamp() <= latest[0] + 1 + 10


async def test_never_more_calls_at_once_than_allowed(store_with: StoreWith) -> None:
    store = store_with(replace(FAST, max_concurrent_calls=3))
    await submit(store, *range(1, 11))
    assert len(await grants(store, 3)) == 3
    held = await store.dialing.due.admit("n")
    assert isinstance(held, DialWait)
    assert held.reason is WaitReason.CONCURRENCY
    for make_fact in CALL[:-1]:
        await store.confirmations.apply(an_order(1).id, make_fact)
    assert isinstance(await store.dialing.due.admit("n"), DialWait)
    await store.confirmations.apply(an_order(1).id, CALL[-1])
    assert await store.dialing.due.calls_open() == 2
    assert len(await grants(store, 1)) == 1


async def test_a_place_whose_holder_died_comes_free(store_with: StoreWith) -> None:
    store = store_with(replace(FAST, max_concurrent_calls=1))
    await submit(store, 1, 2)
    assert isinstance(await store.dialing.due.admit("n-1"), DialGrant)
    held = await store.dialing.due.admit("n-2")
    assert isinstance(held, DialWait)
    assert held.reason is WaitReason.CONCURRENCY
    await end_leases(store)
    assert isinstance(await store.dialing.due.admit("n-3"), DialGrant)


async def test_a_call_under_way_keeps_its_place_longer_than_the_grant(store: Store) -> None:
    await submit(store, 1)
    await grants(store, 1)
    await store.confirmations.apply(an_order(1).id, lambda now: AttemptBegun(now, "att_1", "+1"))
    expiry_s = await store.client.zscore("calls:open", an_order(1).id) / 1000
    assert expiry_s - (await store.now()).timestamp() > 300


async def test_a_call_that_outlasts_its_lease_keeps_its_place_as_long_as_it_is_cared_for(store: Store) -> None:
    await submit(store, 1)
    await store.confirmations.apply(an_order(1).id, lambda now: AttemptBegun(now, "att_1", "+1"))
    await store.client.zadd("calls:open", {an_order(1).id: 1})
    await store.client.zadd("due:care", {an_order(1).id: 1})
    await store.dialing.due.claim_reconciliations()
    expiry_s = await store.client.zscore("calls:open", an_order(1).id) / 1000
    assert 3.5 * LEASE_S < expiry_s - (await store.now()).timestamp() <= 4 * LEASE_S + 1  # our clock is a little behind


async def test_a_grant_that_led_to_no_call_is_given_back_and_one_that_did_is_not(store: Store) -> None:
    await submit(store, 1, 2)
    await grants(store, 2)
    await store.confirmations.apply(an_order(2).id, lambda now: AttemptBegun(now, "att_1", "+1"))
    await store.dialing.due.give_back(an_order(1).id)
    await store.dialing.due.give_back(an_order(2).id)
    await store.dialing.due.give_back("cnf_erased")
    assert await store.dialing.due.calls_open() == 1


async def test_high_priority_goes_first(store: Store) -> None:
    await submit(store, 1, 2, 3)
    await submit(store, 4, 5, call=CallWishes(priority=Priority.HIGH))
    order = [grant.confirmation_id for grant in await grants(store, 5)]
    assert order == [an_order(number).id for number in (4, 5, 1, 2, 3)]


async def test_shops_take_turns_however_much_one_has_waiting(store: Store) -> None:
    await submit(store, *range(1, 51), shop="big")
    await submit(store, *range(51, 54), shop="small")
    shops = [grant.shop for grant in await grants(store, 8)]
    assert shops[:6].count("small") == 3
    assert shops[6:] == ["big", "big"]


async def test_what_is_planned_away_is_granted_no_more(store: Store) -> None:
    await submit(store, 1, 2)
    await store.confirmations.apply(an_order(1).id, Withdrawn)
    later = await store.now() + timedelta(hours=1)
    await store.confirmations.apply(an_order(2).id, lambda now: Scheduled(now, later, is_due=False))
    assert isinstance(await store.dialing.due.admit("n-1"), DialWait)
    assert await store.dialing.due.overdue() == {Priority.HIGH: 0, Priority.NORMAL: 0}


async def test_what_is_overdue_is_counted_by_priority(store: Store) -> None:
    await submit(store, 1, 2, shop="a")
    await submit(store, 3, shop="b")
    await submit(store, 4, call=CallWishes(priority=Priority.HIGH))
    await submit(store, 5, call=CallWishes(not_before=await store.now() + timedelta(hours=1)))
    assert await store.dialing.due.overdue() == {Priority.HIGH: 1, Priority.NORMAL: 3}


async def test_a_reconciliation_is_claimed_once_and_comes_again_after_the_lease(store: Store) -> None:
    await submit(store, 1)
    await store.confirmations.apply(an_order(1).id, lambda now: AttemptBegun(now, "att_1", "+1"))
    assert await store.dialing.due.claim_reconciliations() == []
    await end_leases(store)
    assert await store.dialing.due.claim_reconciliations() == [an_order(1).id]
    assert await store.dialing.due.claim_reconciliations() == []
    await end_leases(store)
    assert await store.dialing.due.claim_reconciliations() == [an_order(1).id]


async def test_the_next_reconciliation_is_known(store: Store) -> None:
    assert await store.dialing.due.next_reconciliation_at() is None
    await submit(store, 1)
    step = await store.confirmations.apply(an_order(1).id, lambda now: AttemptBegun(now, "att_1", "+1"))
    found = await store.dialing.due.next_reconciliation_at()
    assert step.wakes.reconcile_at is not None
    assert found is not None
    assert timedelta(0) <= found - step.wakes.reconcile_at < timedelta(milliseconds=1.1)


async def test_a_commit_in_between_does_not_take_a_claim_away(store: Store) -> None:
    await submit(store, 1)
    for make_fact in CALL[:2]:
        await store.confirmations.apply(an_order(1).id, make_fact)
    await store.client.zadd("due:care", {an_order(1).id: 1})
    await store.dialing.due.claim_reconciliations()
    await store.confirmations.apply(an_order(1).id, CALL[2])
    assert await store.dialing.due.claim_reconciliations() == []


async def test_with_the_circuit_open_only_probes_go_through(store_with: StoreWith) -> None:
    store = store_with(FAST)
    await submit(store, 1, 2, 3)
    await store.dialing.circuit.open("twilio_20003")
    held = await store.dialing.due.admit("n-1")
    assert isinstance(held, DialWait)
    assert held.reason is WaitReason.CIRCUIT
    await store.client.hset("circuit", "probe_at", 1)
    assert isinstance(await store.dialing.due.admit("n-2"), DialGrant)
    assert isinstance(await store.dialing.due.admit("n-3"), DialWait)
    state = await store.dialing.circuit.state()
    assert state is not None
    assert state.reason == "twilio_20003"
    await store.dialing.circuit.open("twilio_20005")
    again = await store.dialing.circuit.state()
    assert again is not None
    assert (again.reason, again.since) == (state.reason, state.since)
    await store.dialing.circuit.close()
    assert await store.dialing.circuit.state() is None
    assert isinstance(await store.dialing.due.admit("n-4"), DialGrant)


async def test_only_who_holds_a_place_may_call(store: Store) -> None:
    await submit(store, 1, 2)
    (grant,) = await grants(store, 1)
    assert await store.dialing.due.is_granted(grant.confirmation_id)
    assert not await store.dialing.due.is_granted(an_order(2).id)
    await store.client.zadd("calls:open", {grant.confirmation_id: 1})
    assert not await store.dialing.due.is_granted(grant.confirmation_id)


async def test_an_order_shown_as_queued_needs_no_more_reconciliation(store: Store) -> None:
    soon = await store.now() + timedelta(seconds=0.1)
    await submit(store, 1, call=CallWishes(not_before=soon))
    assert await store.dialing.due.next_reconciliation_at() is not None
    await store.confirmations.apply(an_order(1).id, lambda now: Scheduled(now, soon, is_due=True))
    assert await store.dialing.due.next_reconciliation_at() is None


async def test_caller_ids_take_turns(store: Store) -> None:
    numbers = ["+38344000001", "+38344000002"]
    assert [await store.dialing.caller_ids.next(numbers) for _ in range(4)] == numbers * 2
