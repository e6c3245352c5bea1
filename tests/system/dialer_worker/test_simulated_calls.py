"""Test orders: real events, real outcomes, and never a request to Twilio."""

from dataclasses import replace

import pytest

from shared.core.confirmation import Confirmation
from shared.core.lifecycle.facts import AttemptBegun
from shared.core.order import CallWishes, Customer
from shared.core.outcome import AttemptResult, Outcome, Status
from shared.core.test_data import owner_of
from shared.store import DialWait
from tests.support.claimed_reconciliations import claimed_reconciliations
from tests.support.orders import an_order
from tests.system.dialer_worker.conftest import FROM, Bench

pytestmark = pytest.mark.system


async def submit(bench: Bench, digits: str, *, call: CallWishes | None = None) -> Confirmation:
    order = replace(an_order(1, at=await bench.store.now(), call=call), customer=Customer(f"+38344{digits}"), is_test=True)
    await bench.store.confirmations.submit(order)
    return await bench.get()


async def test_a_test_order_is_confirmed_without_a_call(bench: Bench) -> None:
    await submit(bench, "000101")
    found = await bench.attend()
    assert (found.status, found.outcome) == (Status.FINISHED, Outcome.CONFIRMED)
    assert found.attempts[0].from_number == FROM
    events = [event.type.value.partition(".")[2] for event in await bench.store.events.of(found)]
    assert events == ["queued", "calling", "in_call", "attempt_ended", "finished"]
    assert bench.twilio.placed == []
    assert await bench.store.dialing.due.calls_open() == 0


async def test_it_is_never_admitted_and_so_never_costs_a_real_order_its_turn(bench: Bench) -> None:
    await submit(bench, "000101")
    assert isinstance(await bench.store.dialing.due.admit("n"), DialWait)
    assert await claimed_reconciliations(bench.store) == [(await bench.get()).id]


async def test_it_is_not_called_even_if_somebody_granted_it_a_call(bench: Bench) -> None:
    order = await submit(bench, "000102")
    await bench.store.client.zadd("calls:open", {order.id: 9e15})
    assert (await bench.attend()).outcome is Outcome.CANCELLED
    assert bench.twilio.placed == []


async def test_a_pause_between_two_calls_is_kept(bench: Bench) -> None:
    await submit(bench, "000111", call=CallWishes(retry_delays={"no_answer": 60}))
    found = await bench.attend()
    assert (found.last_result, found.status) == (AttemptResult.NO_ANSWER, Status.WAITING)
    assert len((await bench.attend()).attempts) == 1


async def test_one_that_was_broken_off_is_brought_to_its_end(bench: Bench) -> None:
    order = await submit(bench, "000101")
    await bench.store.confirmations.apply(order.id, lambda now: AttemptBegun(now, "att_1", FROM))
    found = await bench.attend()
    assert (found.outcome, len(found.attempts)) == (Outcome.CONFIRMED, 1)


async def test_the_do_not_call_list_holds_here_too(bench: Bench) -> None:
    assert (await _after_opt_out(bench)).outcome is Outcome.OPTED_OUT
    assert await bench.store.opt_outs.contains(owner_of("shopaz", is_test=True), "+38344000105")


async def test_a_number_that_got_on_the_list_before_is_undialable(bench: Bench) -> None:
    await submit(bench, "000101")
    await bench.store.opt_outs.add(owner_of("shopaz", is_test=True), "+38344000101")
    assert (await bench.attend()).outcome is Outcome.UNDIALABLE


async def test_a_customer_who_phones_in_is_not_connected_with_a_test_order(bench: Bench) -> None:
    await submit(bench, "000106")
    assert await bench.store.lookups.find_open_by_phone(None, "+38344000106") == ()


async def _after_opt_out(bench: Bench) -> Confirmation:
    await submit(bench, "000105")
    return await bench.attend()
