"""The caps: calls to one number over all shops, and what a shop spends. They hold where calls are granted and where they begin."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest

from shared.core.confirmation import Confirmation
from shared.core.dialing.caps import CallCap, Caps, SpendLimit
from shared.core.dialing.planned_transition import plan
from shared.core.lifecycle.facts import AttemptBegun, CallEnded, CallPlaced, ConversationEnded, PlacingRefused, PlacingUndone
from shared.core.order import CallWishes
from shared.core.outcome import AttemptResult, Status, WaitingFor
from shared.store import DialGrant, DialWait, HeldOrder, Store, connect
from tests.support.orders import ALWAYS, PHONE, an_order, with_phone
from tests.system.store.conftest import FAST

pytestmark = pytest.mark.system

CAPS = Caps(CallCap(2, 60), SpendLimit(Decimal(1), 960), carrier_usd_per_minute=Decimal("0.20"))
POLICY = replace(ALWAYS, caps=CAPS)
OTHER_PHONE = "+38344999999"


@pytest.fixture
async def capped(valkey_url: str) -> AsyncIterator[Store]:
    store = connect(valkey_url, POLICY, FAST)
    yield store
    await store.close()


async def submit(store: Store, number: int, *, shop: str = "shopaz", phone: str = PHONE) -> Confirmation:
    order = with_phone(an_order(number, at=await store.now(), shop=shop), phone)
    await store.confirmations.submit(order)
    return order


async def begin(store: Store, order: Confirmation) -> bool:
    """Begin a call, as the dialer does; return whether it was begun."""
    attempt = f"att_{order.id}"
    step = await store.confirmations.apply(order.id, lambda now: AttemptBegun(now, attempt, "+38344000000"))
    return step.confirmation.open_attempt is not None


async def call(store: Store, order: Confirmation, *, model_usd: str | None = None, duration_s: int | None = None) -> bool:
    """Call and hang up; return whether the call was begun."""
    attempt = f"att_{order.id}"
    if not await begin(store, order):
        return False
    cost_usd = None if model_usd is None else Decimal(model_usd)
    for make_fact in (
        lambda now: CallPlaced(now, attempt, f"CA{order.id}"),
        lambda now: ConversationEnded(now, attempt, None, "done", cost_usd=cost_usd),
        lambda now: CallEnded(now, attempt, None if duration_s else AttemptResult.NO_ANSWER, f"CA{order.id}", duration_s),
    ):
        await store.confirmations.apply(order.id, make_fact)
    return True


async def held(store: Store, order: Confirmation) -> HeldOrder:
    found = await store.dialing.caps.held(order)
    assert found is not None
    return found


async def test_a_number_gets_so_many_calls_over_all_shops_and_the_next_order_waits_for_room(capped: Store) -> None:
    first, second = await submit(capped, 1, shop="a"), await submit(capped, 2, shop="b")
    assert await call(capped, first)
    begun_at = await capped.now()
    assert await call(capped, second)
    third = await submit(capped, 3, shop="c")
    assert isinstance(await capped.dialing.due.admit("n-1"), DialWait)
    assert await capped.dialing.due.claim_reconciliations() == [third.id]  # it is planned at once
    hold = (await held(capped, third)).hold
    assert hold.waiting_for is WaitingFor.NUMBER_CAP
    assert timedelta(seconds=59) < hold.until - begun_at < timedelta(seconds=61)
    other = await submit(capped, 4, phone=OTHER_PHONE)
    assert await capped.dialing.due.admit("n-2") == DialGrant(other.id, "shopaz")


async def test_a_call_that_was_granted_before_the_last_one_began_is_not_begun(capped: Store) -> None:
    orders = [await submit(capped, number, shop=f"shop{number}") for number in (1, 2, 3)]
    granted = [await capped.dialing.due.admit(f"n-{number}") for number in (1, 2, 3)]
    assert all(isinstance(answer, DialGrant) for answer in granted)
    assert [await call(capped, order) for order in orders] == [True, True, False]
    assert orders[2].id in await capped.dialing.due.claim_reconciliations()
    assert (await capped.confirmations.get(orders[2].id)).attempts == ()


async def test_every_retry_of_one_order_counts(capped: Store) -> None:
    at_once = CallWishes(retry_delays={"busy": 0})
    order = an_order(1, at=await capped.now(), call=at_once)
    await capped.confirmations.submit(order)
    for attempt in ("att_1", "att_2", "att_3"):
        await capped.confirmations.apply(order.id, partial(AttemptBegun, attempt_id=attempt, from_number="+1"))
        await capped.confirmations.apply(order.id, partial(CallEnded, attempt_id=attempt, line_result=AttemptResult.BUSY))
    assert [attempt.id for attempt in (await capped.confirmations.get(order.id)).attempts] == ["att_1", "att_2"]


async def test_a_call_that_was_never_placed_is_given_back_and_one_that_twilio_refused_counts(capped: Store) -> None:
    first, second, third = [await submit(capped, number, shop=f"shop{number}") for number in (1, 2, 3)]
    await begin(capped, first)
    await capped.confirmations.apply(first.id, lambda now: PlacingUndone(now, f"att_{first.id}", now + timedelta(hours=1)))
    await begin(capped, second)
    await capped.confirmations.apply(second.id, lambda now: PlacingRefused(now, f"att_{second.id}", "no", is_final=False))
    assert await call(capped, third)
    assert (await held(capped, first)).hold.waiting_for is WaitingFor.NUMBER_CAP


async def test_the_count_outlives_the_customers_erasure_without_the_number(capped: Store) -> None:
    for number in (1, 2):
        await call(capped, await submit(capped, number, shop="a"))
    await capped.erasure.customers.erase("a", PHONE)
    assert await capped.client.keys(f"*{PHONE.removeprefix('+')}*") == []
    assert not await call(capped, await submit(capped, 3, shop="a"))


async def test_a_shop_that_has_spent_its_limit_waits_and_others_go_on(capped: Store) -> None:
    assert await call(capped, await submit(capped, 1), model_usd="0.59", duration_s=61)  # two minutes begun: 0.40
    assert await capped.dialing.caps.held(await submit(capped, 2, phone=OTHER_PHONE)) is None
    assert await call(capped, await submit(capped, 3, phone="+38344999993"), model_usd="0.01")
    waiting = await submit(capped, 4, phone="+38344999994")
    found = await held(capped, waiting)
    assert (found.hold.waiting_for, found.is_first) == (WaitingFor.SPEND_LIMIT, True)
    assert not (await held(capped, waiting)).is_first, "it is told once"
    wait = found.hold.until - await capped.now()
    assert timedelta(seconds=959) < wait <= timedelta(seconds=971)  # the span, and at most one of its 96 parts
    other = await submit(capped, 5, shop="b", phone="+38344999995")
    assert await capped.dialing.due.admit("n-1") == DialGrant(other.id, "b")
    assert not await begin(capped, waiting)


async def test_a_cost_that_is_told_twice_is_counted_once(capped: Store) -> None:
    order = await submit(capped, 1)
    await call(capped, order, model_usd="0.60")
    late = ConversationEnded(await capped.now(), f"att_{order.id}", None, "done", cost_usd=Decimal("0.60"))
    await capped.confirmations.apply(order.id, lambda _: late)
    assert await capped.dialing.caps.held(await submit(capped, 2, phone=OTHER_PHONE)) is None


async def test_many_held_orders_of_one_shop_do_not_keep_another_shop_waiting(capped: Store) -> None:
    await call(capped, await submit(capped, 1, shop="big"), model_usd="5.00")
    for number in range(2, 62):
        await submit(capped, number, shop="big", phone=f"+383449{number:05}")
    small = await submit(capped, 99, shop="small", phone="+38344888888")
    assert await capped.dialing.due.admit("n-1") == DialGrant(small.id, "small")


async def test_a_held_order_is_planned_without_a_busy_loop_and_called_once_there_is_room(capped: Store) -> None:
    for number in (1, 2):
        await call(capped, await submit(capped, number, shop="a"))
    order = await submit(capped, 3)
    await capped.dialing.due.admit("n-1")
    assert await capped.dialing.due.claim_reconciliations() == [order.id]
    hold = (await held(capped, order)).hold
    step = await capped.confirmations.apply_if(order.id, lambda found, now: plan(found, POLICY, now, hold))
    planned = step.confirmation
    assert (planned.status, planned.waiting_for, planned.next_attempt_at) == (Status.WAITING, WaitingFor.NUMBER_CAP, hold.until)
    answer = await capped.dialing.due.admit("n-2")
    assert isinstance(answer, DialWait)
    assert answer.until is not None
    assert answer.until >= hold.until
    assert await capped.dialing.due.claim_reconciliations() == []
    assert await capped.dialing.caps.held(replace(order, is_test=True)) is None
