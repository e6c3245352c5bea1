"""Events as they happen, read over a real socket: resumed without a gap or a repeat."""

from collections.abc import AsyncIterator, Callable

import pytest

from shared.core.lifecycle.facts import AttemptBegun, CallAnswered, CallEnded, Fact, VerdictGiven
from shared.core.outcome import VerdictKind
from tests.support.orders import verdict
from tests.support.webhook.event_reader import reading, served, some
from tests.support.webhook.service import OTHER_KEY, Service, small_body

STEPS: tuple[Callable[[str], Callable[..., Fact]], ...] = (
    lambda a: lambda now: AttemptBegun(now, a, "+38344000000"),
    lambda a: lambda now: CallAnswered(now, a, "CA1"),
    lambda a: lambda now: VerdictGiven(now, a, verdict(VerdictKind.CONFIRMED, now)),
    lambda a: lambda now: CallEnded(now, a, None, "CA1", 30),
)
TYPES = ["queued", "calling", "in_call", "attempt_ended", "finished"]


@pytest.fixture
async def live(service: Service) -> AsyncIterator[Service]:
    async with served(service) as made:
        yield made


async def _call(service: Service, confirmation_id: str) -> None:
    for step in STEPS:
        await service.store.confirmations.apply(confirmation_id, step(f"att_{confirmation_id}"))


async def test_one_confirmations_events_start_with_its_history_and_end_when_it_is_finished(live: Service) -> None:
    made = await live.submit(small_body())
    path = f"/v1/confirmations/{made['id']}/events"
    async with reading(live.client, path) as events:
        first = await anext(events)
        await _call(live, made["id"])
        seen = [first] + [event async for event in events]
    assert [event.type for event in seen] == [f"confirmation.{word}" for word in TYPES]
    assert [event.data["id"] for event in seen] == [f"{made['id']}.{number}" for number in range(1, 6)]
    async with reading(live.client, path, **{"last-event-id": seen[1].id}) as events:
        assert [event async for event in events] == seen[2:]
    finished = await live.client.get(path, headers={"last-event-id": seen[-1].id})
    assert finished.status_code == 204
    beyond = await live.client.get(path, headers={"last-event-id": "6"})
    assert (beyond.status_code, beyond.json()["parameter"]) == (400, "Last-Event-ID")


async def test_a_shops_events_start_now_and_resume_without_a_gap_or_a_repeat(live: Service) -> None:
    await live.submit(small_body(1))
    async with reading(live.client, "/v1/events") as events:
        second = await live.submit(small_body(2))
        before = await some(events, 1)
        await _call(live, second["id"])
        before += await some(events, 2)
    third = await live.submit(small_body(3))
    async with reading(live.client, "/v1/events", **{"last-event-id": before[-1].id}) as events:
        after = await some(events, 3)
    subjects = [(event.data["subject"], event.type.removeprefix("confirmation.")) for event in before + after]
    assert subjects == [(second["id"], word) for word in TYPES] + [(third["id"], "queued")]


async def test_a_shop_hears_nothing_of_another(live: Service) -> None:
    async with reading(live.client, "/v1/events", authorization=f"Bearer {OTHER_KEY}") as events:
        await live.submit(small_body(1))
        headers = {"authorization": f"Bearer {OTHER_KEY}"}
        own = await live.client.post("/v1/confirmations", json=small_body(2), headers=headers)
        assert (await anext(events)).data["subject"] == own.json()["id"]


@pytest.mark.parametrize("value", ["x", "1-", "-1", "1;2"])
async def test_a_strange_last_event_id_is_refused(live: Service, value: str) -> None:
    made = await live.submit(small_body())
    for path in ("/v1/events", f"/v1/confirmations/{made['id']}/events"):
        answer = await live.client.get(path, headers={"last-event-id": value})
        assert (answer.status_code, answer.json()["parameter"]) == (400, "Last-Event-ID")


async def test_head_tells_the_kind_of_answer_and_ends(live: Service) -> None:
    answer = await live.client.head("/v1/events")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
