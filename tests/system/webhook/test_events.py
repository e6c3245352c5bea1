"""Events as they happen, read over a real socket: resumed without a gap or a repeat."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx
import pytest
import uvicorn

from shared.core.facts import AttemptBegun, CallAnswered, CallEnded, Fact, VerdictGiven
from shared.core.outcome import VerdictKind
from shared.serving import server_config
from shared.setting_types import Bind
from tests.support.orders import verdict
from tests.support.valkey import free_port
from tests.support.webhook import KEY, OTHER_KEY, Service, small_body

STEPS: tuple[Callable[[str], Callable[..., Fact]], ...] = (
    lambda a: lambda now: AttemptBegun(now, a, "+38344000000"),
    lambda a: lambda now: CallAnswered(now, a, "CA1"),
    lambda a: lambda now: VerdictGiven(now, a, verdict(VerdictKind.CONFIRMED, now)),
    lambda a: lambda now: CallEnded(now, a, None, "CA1", 30),
)
TYPES = ["queued", "calling", "in_call", "attempt_ended", "finished"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One event as a client reads it."""

    id: str
    type: str
    data: dict[str, object]


@pytest.fixture
async def live(service: Service) -> AsyncIterator[Service]:
    """The service behind a real server, with its ear on Redis."""
    bind = Bind("127.0.0.1", free_port())
    server = uvicorn.Server(server_config(service.app, bind))
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve())
        signals = group.create_task(service.store.signals.run())
        while not server.started:
            await asyncio.sleep(0.01)
        headers = {"authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(base_url=f"http://{bind.host}:{bind.port}", headers=headers, timeout=5) as client:
            yield replace(service, client=client)
        service.health.start_draining()
        server.should_exit = True
        await serving
        signals.cancel()


@asynccontextmanager
async def _reading(service: Service, path: str, **headers: str) -> AsyncIterator[AsyncIterator[Seen]]:
    async with service.client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer)


async def _events(answer: httpx.Response) -> AsyncIterator[Seen]:
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
        elif "data" in fields:
            yield Seen(fields["id"], fields["event"], json.loads(fields["data"]))
            fields = {}


async def _call(service: Service, confirmation_id: str) -> None:
    for step in STEPS:
        await service.store.confirmations.apply(confirmation_id, step(f"att_{confirmation_id}"))


async def _some(events: AsyncIterator[Seen], count: int) -> list[Seen]:
    return [await anext(events) for _ in range(count)]


async def test_one_confirmations_events_start_with_its_history_and_end_when_it_is_finished(live: Service) -> None:
    made = await live.submit(small_body())
    path = f"/v1/confirmations/{made['id']}/events"
    async with _reading(live, path) as events:
        first = await anext(events)
        await _call(live, made["id"])
        seen = [first] + [event async for event in events]
    assert [event.type for event in seen] == [f"confirmation.{word}" for word in TYPES]
    assert [event.data["id"] for event in seen] == [f"{made['id']}.{number}" for number in range(1, 6)]
    async with _reading(live, path, **{"last-event-id": seen[1].id}) as events:
        assert [event async for event in events] == seen[2:]
    finished = await live.client.get(path, headers={"last-event-id": seen[-1].id})
    assert finished.status_code == 204


async def test_a_shops_events_start_now_and_resume_without_a_gap_or_a_repeat(live: Service) -> None:
    await live.submit(small_body(1))
    async with _reading(live, "/v1/events") as events:
        second = await live.submit(small_body(2))
        before = await _some(events, 1)
        await _call(live, second["id"])
        before += await _some(events, 2)
    third = await live.submit(small_body(3))
    async with _reading(live, "/v1/events", **{"last-event-id": before[-1].id}) as events:
        after = await _some(events, 3)
    subjects = [(event.data["subject"], event.type.removeprefix("confirmation.")) for event in before + after]
    assert subjects == [(second["id"], word) for word in TYPES] + [(third["id"], "queued")]


async def test_a_shop_hears_nothing_of_another(live: Service) -> None:
    async with _reading(live, "/v1/events", authorization=f"Bearer {OTHER_KEY}") as events:
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
