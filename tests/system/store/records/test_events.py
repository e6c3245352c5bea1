"""A shop gets each event once, in order and without a gap, on the channel and in the stream."""

import json
from typing import Any

import pytest
from redis.asyncio.client import PubSub

from shared.core.lifecycle.facts import Withdrawn
from shared.store import Store
from tests.support.orders import an_order
from tests.system.store.conftest import CALL

pytestmark = pytest.mark.system


async def whole_call(store: Store, number: int) -> None:
    await store.confirmations.submit(an_order(number, at=await store.now()))
    for make_fact in CALL:
        await store.confirmations.apply(an_order(number).id, make_fact)


async def heard(pubsub: PubSub, count: int) -> list[tuple[str, dict[str, Any]]]:  # Any: JSON
    messages: list[tuple[str, dict[str, Any]]] = []  # Any: JSON
    while len(messages) < count:
        message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=10)
        assert message is not None
        messages.append((message["channel"].decode(), json.loads(message["data"])))
    assert await pubsub.get_message(ignore_subscribe_messages=True, timeout=0.05) is None
    return messages


async def test_exactly_one_finished_event_on_stream_and_channels(store: Store) -> None:
    async with store.client.pubsub() as pubsub:
        await pubsub.subscribe("events:shopaz", "outcomes:shopaz")
        for _ in range(2):
            await pubsub.get_message(timeout=10)
        await whole_call(store, 1)
        for make_fact in CALL:  # all of it once more
            await store.confirmations.apply(an_order(1).id, make_fact)
        messages = await heard(pubsub, 6)
    events = [envelope for channel, envelope in messages if channel == "events:shopaz"]
    outcomes = [envelope for channel, envelope in messages if channel == "outcomes:shopaz"]
    assert [envelope["data"]["sequence"] for envelope in events] == [1, 2, 3, 4, 5]
    assert [envelope["type"].removeprefix("confirmation.") for envelope in events] == [
        "queued",
        "calling",
        "in_call",
        "attempt_ended",
        "finished",
    ]
    ((_, entry),) = await store.client.xrange("outcomes:shopaz:log")
    assert outcomes == [events[-1]] == [json.loads(entry[b"event"])]
    assert outcomes[0]["data"]["outcome"] == "confirmed"
    assert outcomes[0]["data"]["evidence"]["quote"] == "po, e konfirmoj"


async def test_the_history_reads_as_it_was_told(store: Store) -> None:
    async with store.client.pubsub() as pubsub:
        await pubsub.subscribe("events:shopaz")
        await pubsub.get_message(timeout=10)
        await whole_call(store, 1)
        published = [envelope for _, envelope in await heard(pubsub, 5)]
    read = await store.events.of(await store.confirmations.get(an_order(1).id))
    assert [event.envelope for event in read] == published
    assert [event.is_last for event in read] == [False, False, False, False, True]
    rest = await store.events.of(await store.confirmations.get(an_order(1).id), after=int(read[2].place))
    assert rest == read[3:]


async def test_all_of_a_shops_events_can_be_read_from_any_place(store: Store) -> None:
    assert await store.events.newest_place("shopaz") == "0-0"
    await whole_call(store, 1)
    start = await store.events.newest_place("shopaz")
    await whole_call(store, 2)
    found = await store.events.after("shopaz", start)
    assert [event.envelope["id"] for event in found] == [f"{an_order(2).id}.{number}" for number in range(1, 6)]
    assert await store.events.after("shopaz", found[1].place, limit=2) == found[2:4]
    assert await store.events.after("shopaz", found[-1].place) == []
    assert [event.envelope["id"] for event in await store.events.after("shopaz", "0-0")][4] == f"{an_order(1).id}.5"


async def test_events_of_erased_confirmations_are_passed_over(store: Store) -> None:
    await whole_call(store, 1)
    await whole_call(store, 2)
    await store.erasure.eraser.erase(an_order(1).id)
    found = await store.events.after("shopaz", "0-0", limit=3)
    assert [event.envelope["subject"] for event in found] == [an_order(2).id]
    assert len(await store.events.after("shopaz", found[0].place, limit=10)) == 4


async def test_shops_hear_only_of_their_own(store: Store) -> None:
    await store.confirmations.submit(an_order(1, at=await store.now()))
    assert await store.events.after("other", "0-0") == []


async def test_an_order_that_ends_before_any_call_is_told_as_finished_too(store: Store) -> None:
    await store.confirmations.submit(an_order(1, at=await store.now()))
    await store.confirmations.apply(an_order(1).id, Withdrawn)
    ((_, entry),) = await store.client.xrange("outcomes:shopaz:log")
    assert json.loads(entry[b"event"])["data"]["outcome"] == "withdrawn"
