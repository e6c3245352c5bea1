"""Event streams as connections: pings, a limit on their number, the gateway, and their end when the process drains."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

import httpx
import pytest

from services.webhook.api.events.feeds import EventFeeds
from services.webhook.http.sse import PING
from shared.core.errors import NotFoundError
from shared.settings.parsers import Bind
from tests.support.valkey import ValkeyServer
from tests.support.webhook.event_reader import reading, served
from tests.support.webhook.process import Process, running_webhook
from tests.support.webhook.service import KEY, Service, make_service, small_body
from tools.ports import free_port
from tools.stack import LOOPBACK, PublicAddress, Stack, gateway

pytestmark = pytest.mark.system

HEADERS = {"authorization": f"Bearer {KEY}"}


@pytest.fixture
async def narrow(valkey_url: str) -> AsyncIterator[Service]:
    """A service with room for one stream."""
    made = make_service(valkey_url, EVENT_STREAMS_MAX="1")
    async with served(made) as live:
        yield live
    await made.client.aclose()
    await made.store.close()


@pytest.fixture
def restless(narrow: Service) -> EventFeeds:
    """Feeds that send a ping after a twentieth of a second."""
    return EventFeeds(narrow.store, ping_every_s=0.05)


def open_streams(metrics: str) -> float:
    return float(next(line.split()[1] for line in metrics.splitlines() if line.startswith("event_streams ")))


async def test_a_stream_too_many_is_refused_until_another_ends(narrow: Service) -> None:
    async with narrow.client.stream("GET", "/v1/events") as first:
        assert first.status_code == 200
        refused = await narrow.client.get("/v1/events")
        assert (refused.status_code, refused.json()["code"]) == (503, "too_many_streams")
        assert int(refused.headers["retry-after"]) > 0
        assert (await narrow.client.head("/v1/events")).status_code == 200
        assert open_streams((await narrow.client.get("/metrics")).text) == 1
    async with asyncio.timeout(5):
        while open_streams((await narrow.client.get("/metrics")).text):
            await asyncio.sleep(0.01)
    async with narrow.client.stream("GET", "/v1/events") as second:
        assert second.status_code == 200


async def test_a_key_has_its_share_and_its_shop_goes_on(valkey_url: str) -> None:
    tests = "shopaz:test_the-first-key-of-1,shopaz:test_the-second-key-of-2"
    keys = f"shopaz:{KEY},shopaz:the-second-live-key,{tests},gjirafa:the-key-of-another"
    made = make_service(valkey_url, API_KEYS=keys, EVENT_STREAMS_PER_KEY="1", EVENT_STREAMS_PER_SHOP="1", EVENT_STREAMS_MAX="3")

    async def status(key: str) -> tuple[int, str]:
        answer = await live.client.get("/v1/events", headers={"authorization": f"Bearer {key}"})
        return answer.status_code, answer.json()["code"]

    async with (
        served(made) as live,
        live.client.stream("GET", "/v1/events", headers={"authorization": "Bearer test_the-first-key-of-1"}),
    ):
        assert await status("test_the-first-key-of-1") == (429, "quota_used")
        assert await status("test_the-second-key-of-2") == (429, "quota_used")
        async with live.client.stream("GET", "/v1/events") as real:
            assert real.status_code == 200
            assert await status("the-second-live-key") == (429, "quota_used")
            async with live.client.stream("GET", "/v1/events", headers={"authorization": "Bearer the-key-of-another"}) as other:
                assert other.status_code == 200
                assert await status("test_the-first-key-of-1") == (503, "too_many_streams")
    await made.client.aclose()
    await made.store.close()


async def test_a_silent_stream_sends_pings(narrow: Service, restless: EventFeeds) -> None:
    confirmation = await narrow.store.confirmations.get((await narrow.submit(small_body()))["id"])
    async with asyncio.timeout(5), aclosing(restless.of_confirmation(confirmation, 1)) as chunks:
        assert [await anext(chunks) for _ in range(3)] == [PING] * 3
    place = await narrow.store.events.newest_place("shopaz")
    async with asyncio.timeout(5), aclosing(restless.of_shop("shopaz", place)) as chunks:
        assert [await anext(chunks) for _ in range(3)] == [PING] * 3


async def test_the_stream_of_an_erased_confirmation_ends(narrow: Service, restless: EventFeeds) -> None:
    confirmation = await narrow.store.confirmations.get((await narrow.submit(small_body()))["id"])
    async with asyncio.timeout(5), aclosing(restless.of_confirmation(confirmation, 0)) as chunks:
        assert b"confirmation.queued" in await anext(chunks)
        await narrow.store.erasure.eraser.erase(confirmation.id)
        with pytest.raises(NotFoundError):
            await anext(chunks)


async def test_a_reader_sleeps_while_other_orders_change(narrow: Service) -> None:
    made = await narrow.submit(small_body())
    subscribe = narrow.store.notifications.subscribe
    async with subscribe("events:shopaz", subject=made["id"]) as mine, subscribe("events:shopaz") as all_of_them:
        while mine.is_set():  # a new subscription notifies once or twice
            mine.clear()
            await asyncio.sleep(0.5)
        all_of_them.clear()
        await narrow.submit(small_body(2))
        async with asyncio.timeout(5):
            await all_of_them.wait()
        assert not mine.is_set()
        await narrow.client.delete(f"/v1/confirmations/{made['id']}")
        async with asyncio.timeout(5):
            await mine.wait()


async def test_many_readers_of_a_shop_cost_redis_hardly_more_than_one(service: Service) -> None:
    readers = 25
    async with served(service) as live, AsyncExitStack() as stack, asyncio.timeout(20):
        streams = [await stack.enter_async_context(reading(live.client, "/v1/events")) for _ in range(readers)]
        await _until(lambda: _open(live, readers))
        before = await _xranges(service)
        made = await live.submit(small_body())
        for events in streams:
            assert (await anext(events)).data["subject"] == made["id"]
        await asyncio.sleep(0.1)
        assert await _xranges(service) - before < readers / 2


async def _open(service: Service, count: int) -> bool:
    return open_streams((await service.client.get("/metrics")).text) == count


async def _until(claim: Callable[[], Awaitable[bool]]) -> None:
    while not await claim():
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)  # the first looks of those just opened


async def _xranges(service: Service) -> int:
    stats = await service.store.client.info("commandstats")
    return int(stats.get("cmdstat_xrange", {"calls": 0})["calls"])


async def test_streams_pass_the_gateway_at_once_and_end_at_once_when_the_process_drains(
    valkey: ValkeyServer, tmp_path: Path
) -> None:
    port, behind = free_port(), free_port()
    with running_webhook(valkey.url, port=behind) as (process, direct), Stack(tmp_path, {}, report=print) as stack:
        stack.start_all(
            (gateway(PublicAddress(port), webhook=Bind(LOOPBACK, behind), bridge=Bind(LOOPBACK, free_port()), folder=tmp_path),)
        )
        made = await asyncio.to_thread(direct.post, "/v1/confirmations", json=small_body())
        path = f"{made.headers['location']}/events"
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=HEADERS, timeout=10) as client:
            async with asyncio.timeout(5), reading(client, "/v1/events") as leaving, reading(client, path) as events:
                assert (await anext(events)).type == "confirmation.queued"
                await client.post("/v1/confirmations", json=small_body(2))
                assert (await anext(leaving)).data["subject"] != made.json()["id"]
                assert open_streams((await asyncio.to_thread(direct.get, "/metrics")).text) == 2
            async with asyncio.timeout(5):
                while open_streams(
                    (await asyncio.to_thread(direct.get, "/metrics")).text
                ):  # the gateway tells that the clients went
                    await asyncio.sleep(0.02)
            await _drained_at_once(process, client, path)


async def _drained_at_once(process: Process, client: httpx.AsyncClient, path: str) -> None:
    async with reading(client, "/v1/events") as of_shop, reading(client, path) as of_one:
        assert (await anext(of_one)).type == "confirmation.queued"
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            assert [event async for event in of_shop] == []
            assert [event async for event in of_one] == []
        ended_s = time.monotonic() - began
    assert await asyncio.to_thread(process.wait, 10) == 0
    assert ended_s < 2


async def test_a_client_that_reads_nothing_holds_nothing_up(valkey: ValkeyServer) -> None:
    with running_webhook(valkey.url) as (process, client):
        for number in range(40):
            items = [{**small_body(40 * number + item), "metadata": {"m": "x" * 1000}} for item in range(40)]
            client.post("/v1/confirmations/bulk", json={"items": items})
        reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port, limit=1024)
        try:
            request = f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nLast-Event-ID: 0-1\r\n\r\n"
            writer.write(request.encode())
            assert b"200" in await reader.readline()
            await asyncio.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(process.wait, 15) == 0
        finally:
            writer.transport.abort()
