"""A shop tries its integration: a test key, real processes, events by webhook and stream, and never a request to Twilio."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from tests.support.receiver import Receiver, running_receiver
from tests.support.valkey import ValkeyServer
from tests.system.dialer_worker.processes import running
from tests.system.dialer_worker.stage import SHORT
from tools.ports import free_port

pytestmark = [pytest.mark.system, pytest.mark.timeout(90)]
WHOLE = ["queued", "calling", "in_call", "attempt_ended", "finished"]


@pytest.fixture
def origin(valkey: ValkeyServer, tmp_path: Path) -> Iterator[str]:
    """The webhook service and the dialer, with a Twilio that is nowhere."""
    port = free_port()
    settings = {
        **SHORT,
        "API_KEYS": "shopaz:a-live-key-of-shopaz,shopaz:test_key-of-shopaz",
        "CALL_WINDOW": "03:00-03:01",  # real orders wait; test orders don't
        "REDIS_URL": valkey.url,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TWILIO_API_URL": f"http://127.0.0.1:{free_port()}",
        "WEBHOOK_PRIVATE_TARGETS": "on",
    }
    with (
        running("services.webhook", settings, bind="WEBHOOK_BIND", folder=tmp_path, port=port) as service,
        running("services.dialer_worker", settings, bind="DIALER_BIND", folder=tmp_path) as dialer,
    ):
        yield service.origin
        assert "dialer_twilio_errors_total{" not in dialer.text("/metrics")


@pytest.fixture
async def shop(origin: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=origin, headers={"authorization": "Bearer test_key-of-shopaz"}, timeout=20) as client:
        yield client


async def becomes(client: httpx.AsyncClient, path: str, outcome: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(300):
        found = (await client.get(path)).json()
        if found["outcome"]:
            break
        await asyncio.sleep(0.05)
    assert found["outcome"] == outcome, found
    return found


async def order(client: httpx.AsyncClient, digits: str, **call: object) -> str:
    body = {"order": {"id": f"T-{digits}"}, "company": "Shopaz", "customer": {"phone": f"+38344{digits}"}, "call": call}
    answer = await client.post("/v1/confirmations", json=body)
    assert answer.status_code == 202, answer.text
    return answer.headers["location"]


async def endpoint(client: httpx.AsyncClient, receiver: Receiver) -> str:
    every = [f"confirmation.{word}" for word in ("queued", "waiting", "calling", "in_call", "attempt_ended", "finished")]
    made = (await client.post("/v1/webhook-endpoints", json={"url": receiver.url, "events": every})).json()
    receiver.secret = made["secret"]
    return f"/v1/webhook-endpoints/{made['id']}"


async def arrived(receiver: Receiver, count: int) -> list[str]:
    for _ in range(400):
        if len(receiver.events) >= count:
            break
        await asyncio.sleep(0.05)
    return [event["type"].removeprefix("confirmation.") for event in receiver.events]


async def test_a_confirmed_order_from_the_post_to_the_shops_own_server(shop: httpx.AsyncClient, valkey: ValkeyServer) -> None:
    async with running_receiver() as receiver:
        await endpoint(shop, receiver)
        found = await becomes(shop, await order(shop, "000101"), "confirmed")
        assert (found["is_test"], found["evidence"]["channel"]) == (True, "voice")
        assert await arrived(receiver, 5) == WHOLE
    client = Redis.from_url(valkey.url)
    entries: Any = await client.xrange("outcomes:shopaz:log")
    ((_, fields),) = entries
    await client.aclose()
    assert json.loads(fields[b"event"])["data"]["is_test"] is True
    schema = await shop.get(json.loads(fields[b"event"])["dataschema"])
    assert schema.json()["title"] == "EventDataAnswer"


async def test_a_retry_and_a_budget_are_rehearsed_too(shop: httpx.AsyncClient) -> None:
    second = await order(shop, "000111", retry_delays={"no_answer": 1})
    busy = await order(shop, "000106", retry_delays={"busy": 1}, max_attempts=2)
    assert [attempt["result"] for attempt in (await becomes(shop, second, "confirmed"))["attempts"]] == ["no_answer", "confirmed"]
    assert len((await becomes(shop, busy, "unreached"))["attempts"]) == 2


async def test_a_server_that_is_ill_gets_everything_when_it_is_well(shop: httpx.AsyncClient) -> None:
    async with running_receiver() as receiver:
        path = await endpoint(shop, receiver)
        receiver.statuses = [500]
        await becomes(shop, await order(shop, "000102"), "cancelled")
        await arrived(receiver, 5)  # the first comes again 5 s later
        assert [event["data"]["sequence"] for event in receiver.events] == [1, 2, 3, 4, 5]
        async with asyncio.timeout(10):
            while (await shop.get(path)).json()["pending"]:  # the last answer has yet to reach the dialer
                await asyncio.sleep(0.05)
