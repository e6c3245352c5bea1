"""One change of a confirmation is one step in Redis, whoever else changes it at the same time."""

import asyncio
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial

import pytest
from redis import Redis

from shared.core.confirmation import Conclusion
from shared.core.errors import NotFoundError, StoreUnavailableError
from shared.core.lifecycle.facts import AttemptBegun, CallPlaced, ConversationEnded, InboundCallArrived, VerdictGiven, Withdrawn
from shared.core.order import CallWishes, Customer, Delivery, Item, Money, OnMachine, Order, Priority, Window
from shared.core.outcome import Outcome, Status, VerdictKind
from shared.store import AlreadyOpen, Created, OptedOut, Store
from shared.store.records.codec import UnknownSchemaError
from tests.support.orders import PHONE, an_order, verdict, with_phone
from tests.system.store.conftest import CALL

pytestmark = pytest.mark.system


def gives(kind: VerdictKind, now: datetime) -> VerdictGiven:
    return VerdictGiven(now, "att_1", verdict(kind, now))


def notes(number: int, now: datetime) -> VerdictGiven:
    return VerdictGiven(now, "att_1", replace(verdict(VerdictKind.CONFIRMED), note=f"note {number}"))


def begins(number: int, now: datetime) -> AttemptBegun:
    return AttemptBegun(now, f"att_{number}", "+1")


async def test_what_is_submitted_can_be_read(store: Store) -> None:
    created = await store.confirmations.submit(an_order(at=await store.now()))
    assert isinstance(created, Created)
    assert created.confirmation.status is Status.QUEUED
    assert await store.confirmations.get(created.confirmation.id) == created.confirmation


async def test_an_unknown_id_is_not_found(store: Store) -> None:
    with pytest.raises(NotFoundError):
        await store.confirmations.get("cnf_0")
    with pytest.raises(NotFoundError):
        await store.confirmations.apply("cnf_0", Withdrawn)


async def test_a_whole_call_ends_as_confirmed(store: Store) -> None:
    await store.confirmations.submit(an_order(at=await store.now()))
    steps = [await store.confirmations.apply(an_order().id, make_fact) for make_fact in CALL]
    assert all(step.is_changed for step in steps)
    done = await store.confirmations.get(an_order().id)
    assert (done.status, done.outcome, done.sequence) == (Status.FINISHED, Outcome.CONFIRMED, 5)
    assert done == steps[-1].confirmation


async def test_a_fact_that_changes_nothing_writes_nothing(store: Store) -> None:
    await store.confirmations.submit(an_order(at=await store.now()))
    before = await store.client.get(f"confirmation:{an_order().id}")
    step = await store.confirmations.apply(an_order().id, lambda now: CallPlaced(now, "att_9", "CA9"))
    assert not step.is_changed
    assert await store.client.get(f"confirmation:{an_order().id}") == before


async def test_a_caller_may_look_before_it_chooses_its_fact(store: Store) -> None:
    await store.confirmations.submit(an_order(at=await store.now()))
    step = await store.confirmations.apply_if(
        an_order().id, lambda found, now: Withdrawn(now) if found.status is Status.CALLING else None
    )
    assert not step.is_changed


async def test_an_order_has_one_open_confirmation(store: Store) -> None:
    now = await store.now()
    await store.confirmations.submit(an_order(1, at=now))
    again = replace(an_order(1, at=now), id=an_order(2).id)
    assert await store.confirmations.submit(again) == AlreadyOpen(await store.confirmations.get(an_order(1).id), is_same=True)
    other = await store.confirmations.submit(replace(again, request_digest="another"))
    assert isinstance(other, AlreadyOpen)
    assert not other.is_same


async def test_after_a_finished_one_an_order_may_be_confirmed_again(store: Store) -> None:
    now = await store.now()
    await store.confirmations.submit(an_order(1, at=now))
    await store.confirmations.apply(an_order(1).id, Withdrawn)
    again = await store.confirmations.submit(replace(an_order(1, at=now), id=an_order(2).id))
    assert isinstance(again, Created)


async def test_two_shops_may_have_the_same_order_id(store: Store) -> None:
    now = await store.now()
    await store.confirmations.submit(an_order(1, at=now))
    theirs = replace(an_order(1, at=now, shop="other"), id=an_order(2).id)
    assert isinstance(await store.confirmations.submit(theirs), Created)


async def test_a_number_on_the_do_not_call_list_is_not_taken_in(store: Store) -> None:
    await store.opt_outs.add("shopaz", PHONE)
    assert await store.confirmations.submit(an_order()) == OptedOut()
    with pytest.raises(NotFoundError):
        await store.confirmations.get(an_order().id)


async def test_an_opt_out_in_a_call_puts_the_number_on_the_list_for_good(store: Store) -> None:
    await store.confirmations.submit(an_order(at=await store.now()))
    for make_fact in CALL[:3]:
        await store.confirmations.apply(an_order().id, make_fact)
    for kind in (VerdictKind.OPTED_OUT, VerdictKind.CONFIRMED):
        await store.confirmations.apply(an_order().id, partial(gives, kind))
    await store.confirmations.apply(an_order().id, CALL[-1])
    assert (await store.confirmations.get(an_order().id)).outcome is Outcome.CONFIRMED
    assert await store.opt_outs.contains("shopaz", PHONE)


async def test_an_opt_out_that_comes_late_counts_too(store: Store) -> None:
    await store.confirmations.submit(an_order(at=await store.now()))
    for make_fact in (*CALL[:3], Withdrawn):
        await store.confirmations.apply(an_order().id, make_fact)
    wish = await store.confirmations.apply(an_order().id, partial(gives, VerdictKind.OPTED_OUT))
    assert not wish.is_changed
    assert await store.opt_outs.contains("shopaz", PHONE)


async def test_twenty_identical_submissions_at_once_give_one_confirmation(store: Store) -> None:
    now = await store.now()
    orders = [replace(an_order(1, at=now), id=an_order(number).id) for number in range(1, 21)]
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(store.confirmations.submit(order)) for order in orders]
    results = [task.result() for task in running]
    created = [result for result in results if isinstance(result, Created)]
    assert len(created) == 1
    assert {result.confirmation.id for result in results if isinstance(result, Created | AlreadyOpen)} == {
        created[0].confirmation.id
    }
    assert await store.client.zcard("due:dial:normal:shopaz") == 1
    assert await store.client.xlen("events:shopaz:log") == 1


async def test_twenty_changes_at_once_all_count(store: Store) -> None:
    await store.confirmations.submit(an_order(at=await store.now()))
    await store.confirmations.apply(an_order().id, lambda now: AttemptBegun(now, "att_1", "+1"))
    async with asyncio.TaskGroup() as tasks:
        for number in range(20):
            tasks.create_task(store.confirmations.apply(an_order().id, partial(notes, number)))
    header = (await store.client.get(f"confirmation:{an_order().id}")).split(b"\n")[0].split(b" ")
    assert int(header[1]) == 22


async def test_of_many_intents_at_once_one_begins(store: Store) -> None:
    await store.confirmations.submit(an_order(at=await store.now()))
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(store.confirmations.apply(an_order().id, partial(begins, number))) for number in range(20)]
    assert sum(task.result().is_changed for task in running) == 1
    assert len((await store.confirmations.get(an_order().id)).attempts) == 1


async def test_a_confirmation_erased_in_between_is_not_found(valkey_url: str, store: Store) -> None:
    await store.confirmations.submit(an_order(at=await store.now()))

    def erased_meanwhile(now: datetime) -> Withdrawn:
        with Redis.from_url(valkey_url) as client:
            client.delete(f"confirmation:{an_order().id}")
        return Withdrawn(now)

    with pytest.raises(NotFoundError):
        await store.confirmations.apply(an_order().id, erased_meanwhile)


async def test_a_confirmation_that_never_stands_still_is_an_error_of_the_store(valkey_url: str, store: Store) -> None:
    await store.confirmations.submit(an_order(at=await store.now()))
    versions = iter(range(2, 1000))

    def changed_meanwhile(now: datetime) -> Withdrawn:
        with Redis.from_url(valkey_url) as client:
            _, _, body = str(client.get(f"confirmation:{an_order().id}"), "utf-8").partition("\n")
            client.set(f"confirmation:{an_order().id}", f"1 {next(versions)} waiting \n{body}")
        return Withdrawn(now)

    with pytest.raises(StoreUnavailableError):
        await store.confirmations.apply(an_order().id, changed_meanwhile)


async def test_many_orders_go_in_with_one_round_trip_each_for_itself(store: Store) -> None:
    now = await store.now()
    await store.opt_outs.add("shopaz", "+38344999999")
    orders = [
        an_order(1, at=now),
        replace(an_order(1, at=now), id="cnf_twice"),
        with_phone(an_order(2, at=now), "+38344999999"),
        an_order(3, at=now),
    ]
    results = await store.confirmations.submit_many(orders)
    assert [type(result) for result in results] == [Created, AlreadyOpen, OptedOut, Created]
    assert await store.confirmations.submit_many([]) == []


async def test_every_field_survives_storage(store: Store) -> None:
    now = await store.now()
    full = replace(
        an_order(at=now),
        order=Order(
            "A-1",
            Money(Decimal("59.90"), "EUR"),
            (Item("Kufje me valë", 2),),
            Delivery("Rr. Agim Ramadani 12", now.date()),
        ),
        customer=Customer(PHONE, "Arta", "sq", "Europe/Belgrade"),
        call=CallWishes(
            window=Window(now.time().replace(microsecond=0, hour=0), None),
            max_attempts=2,
            retry_delays={"busy": 5},
            on_machine=OnMachine.LEAVE_MESSAGE,
            priority=Priority.HIGH,
        ),
        metadata={"crm_id": "42", "empty": ""},
    )
    created = await store.confirmations.submit(full)
    assert isinstance(created, Created)
    assert await store.confirmations.get(full.id) == created.confirmation
    await store.confirmations.apply(full.id, lambda at: InboundCallArrived(at, "att_1", "CA1", "session-v1"))
    step = await store.confirmations.apply(
        full.id, lambda at: ConversationEnded(at, "att_1", Conclusion.ERROR, "model_away", Decimal("0.0123"))
    )
    assert await store.confirmations.get(full.id) == step.confirmation


async def test_a_record_of_a_newer_program_is_refused_clearly(store: Store) -> None:
    await store.client.set("confirmation:cnf_1", b'2 1 waiting \n{"from":"the future"}')
    with pytest.raises(UnknownSchemaError, match="schema 2"):
        await store.confirmations.get("cnf_1")
