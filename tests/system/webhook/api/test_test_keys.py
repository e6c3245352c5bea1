"""What a test key orders is marked, and never phoned; and a test key sees and changes nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
import pytest

from services.webhook.api.events.feeds import EventFeeds
from services.webhook.http.sse import PING
from shared.core.test_data import owner_of
from shared.store import keys
from tests.support.webhook.service import PHONE, Service, make_service, small_body

pytestmark = pytest.mark.system
TEST = {"authorization": "Bearer test_the-first-key-of-1"}
LIVE = {"authorization": "Bearer a-live-key-of-shopaz"}
ENDPOINT = {"url": "https://shop.example/hooks"}


@pytest.fixture
async def both(valkey_url: str) -> AsyncIterator[Service]:
    """A shop with a live key and a test key."""
    service = make_service(valkey_url, API_KEYS="shopaz:a-live-key-of-shopaz,shopaz:test_the-first-key-of-1")
    async with service.client:
        yield service
    await service.store.close()


async def post(service: Service, number: int, headers: dict[str, str], **more: str) -> httpx.Response:
    return await service.client.post("/v1/confirmations", json=small_body(number), headers={**headers, **more})


async def test_an_order_by_a_test_key_is_marked_and_waits_for_no_place_among_the_calls(both: Service) -> None:
    made = (await post(both, 1, TEST)).json()
    assert made["is_test"] is True
    assert (await both.store.confirmations.get(made["id"])).is_test
    items = {"items": [small_body(2)]}
    bulk = (await both.client.post("/v1/confirmations/bulk", json=items, headers=TEST)).json()
    assert bulk["results"][0]["confirmation"]["is_test"] is True
    assert await both.store.client.keys("due:dial:*") == []
    real = await post(both, 3, LIVE)
    assert "is_test" not in real.json()
    assert await both.store.client.keys("due:dial:*") == [b"due:dial:normal:shopaz"]


@pytest.mark.parametrize(
    ("method", "below"), [("GET", ""), ("DELETE", ""), ("GET", "/events"), ("HEAD", "/events"), ("GET", "/transcript")]
)
async def test_a_real_order_does_not_exist_for_a_test_key(both: Service, method: str, below: str) -> None:
    path = (await post(both, 1, LIVE)).headers["location"]
    answer = await both.client.request(method, path + below, headers=TEST)
    assert answer.status_code == 404
    assert (await both.client.get(path, headers=LIVE)).json()["status"] != "finished"


async def test_a_test_key_lists_test_orders_however_many_real_ones_are_newer(both: Service) -> None:
    old = (await post(both, 1, TEST)).json()["id"]
    for start in (100, 600):
        items = [small_body(number) for number in range(start, start + 500)]
        await both.client.post("/v1/confirmations/bulk", json={"items": items}, headers=LIVE)
    new = (await post(both, 2, TEST)).json()["id"]
    page = (await both.client.get("/v1/confirmations?limit=1", headers=TEST)).json()
    assert [item["id"] for item in page["items"]] == [new]
    rest = (await both.client.get(f"/v1/confirmations?cursor={page['next_cursor']}", headers=TEST)).json()
    assert ([item["id"] for item in rest["items"]], rest["next_cursor"]) == ([old], None)
    assert (await both.client.get("/v1/confirmations?order_id=A-100", headers=TEST)).json()["items"] == []
    by_order = (await both.client.get("/v1/confirmations?order_id=A-1", headers=LIVE)).json()["items"]
    assert [item["id"] for item in by_order] == [old]


async def test_a_search_for_test_orders_reads_a_limited_number_and_says_where_it_goes_on(
    both: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.store.records.lookups._MAX_AT_ONCE", 2)
    monkeypatch.setattr("shared.store.records.lookups._MAX_SEARCHES", 2)
    first = (await post(both, 1, TEST)).json()["id"]
    for number in range(2, 8):
        await post(both, number, LIVE)
    page = (await both.client.get("/v1/confirmations", headers=TEST)).json()
    assert (page["items"], bool(page["next_cursor"])) == ([], True)
    rest = (await both.client.get(f"/v1/confirmations?cursor={page['next_cursor']}", headers=TEST)).json()
    assert [item["id"] for item in rest["items"]] == [first]


async def test_a_test_order_takes_neither_the_order_id_nor_the_idempotency_key_of_a_real_one(both: Service) -> None:
    named = {"idempotency-key": "one"}
    test = await post(both, 1, TEST, **named)
    real = await post(both, 1, LIVE, **named)
    assert (test.status_code, real.status_code) == (202, 202)
    assert test.json()["id"] != real.json()["id"]
    again = await post(both, 1, TEST, **named)
    assert (again.json()["id"], again.headers["idempotency-replayed"]) == (test.json()["id"], "true")
    items = {"items": [small_body(5)]}
    answers = [
        await both.client.post("/v1/confirmations/bulk", json=items, headers={**key, "idempotency-key": "bulk"})
        for key in (TEST, LIVE)
    ]
    assert [answer.json()["results"][0]["status"] for answer in answers] == [202, 202]


async def test_a_test_key_has_a_do_not_call_list_of_its_own(both: Service) -> None:
    await both.client.put(f"/v1/opt-outs/{PHONE}", headers=TEST)
    assert [(await post(both, 1, key)).status_code for key in (TEST, LIVE)] == [409, 202]
    assert (await both.client.get("/v1/opt-outs", headers=LIVE)).json()["items"] == []
    await both.client.put("/v1/opt-outs/+38344999999", headers=LIVE)
    for method in ("GET", "DELETE"):
        assert (await both.client.request(method, "/v1/opt-outs/+38344999999", headers=TEST)).status_code == 404
    assert await both.store.opt_outs.contains("shopaz", "+38344999999")
    assert await both.store.opt_outs.contains(owner_of("shopaz", is_test=True), PHONE)


async def test_a_test_key_has_webhook_endpoints_of_its_own(both: Service) -> None:
    path = (await both.client.post("/v1/webhook-endpoints", json=ENDPOINT, headers=LIVE)).headers["location"]
    tries = (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate-secret"), ("GET", "/dead-letters"))
    for method, below in (*tries, ("POST", "/dead-letters/resend")):
        body = {"json": {"enabled": False}} if method == "PATCH" else {}
        answer = await both.client.request(method, path + below, headers=TEST, **body)  # type: ignore[arg-type]  # httpx's keywords
        assert answer.status_code == 404, (method, below)
    assert (await both.client.get("/v1/webhook-endpoints", headers=TEST)).json()["items"] == []
    own = await both.client.post("/v1/webhook-endpoints", json=ENDPOINT, headers=TEST)
    assert len((await both.client.get("/v1/webhook-endpoints", headers=TEST)).json()["items"]) == 1
    assert len((await both.client.get("/v1/webhook-endpoints", headers=LIVE)).json()["items"]) == 1
    assert (await both.client.delete(own.headers["location"], headers=TEST)).status_code == 204


async def test_an_endpoint_of_a_test_key_gets_events_of_test_orders_only_and_one_of_a_live_key_gets_both(both: Service) -> None:
    wanted = {**ENDPOINT, "events": ["confirmation.queued"]}
    paths = [
        (await both.client.post("/v1/webhook-endpoints", json=wanted, headers=key)).headers["location"] for key in (TEST, LIVE)
    ]
    orders = [(await post(both, 1, TEST)).json()["id"], (await post(both, 2, LIVE)).json()["id"]]
    lanes = [
        {lane.decode() for lane in await both.store.client.zrange(f"webhook:{path.rpartition('/')[2]}:lanes", 0, -1)}
        for path in paths
    ]
    assert lanes == [{orders[0]}, set(orders)]
    await both.client.delete(f"/v1/customers/{PHONE}", headers=TEST)
    left = [await both.store.client.zcard(f"webhook:{path.rpartition('/')[2]}:lanes") for path in paths]
    assert left == [0, 1]


async def test_a_test_key_erases_only_test_orders(both: Service) -> None:
    test, real = (await post(both, 1, TEST)).headers["location"], (await post(both, 2, LIVE)).headers["location"]
    await both.client.put(f"/v1/opt-outs/{PHONE}", headers=LIVE)
    answer = (await both.client.delete(f"/v1/customers/{PHONE}", headers=TEST)).json()
    assert (answer["erased"], answer["withdrawn"], answer["on_do_not_call_list"]) == (1, 1, False)
    assert [(await both.client.get(path, headers=LIVE)).status_code for path in (test, real)] == [404, 200]
    assert await both.store.client.keys("orders:shopaz~test") == []


async def test_the_stream_of_a_test_key_tells_of_test_orders_only(both: Service) -> None:
    await post(both, 1, LIVE)
    test = (await post(both, 2, TEST)).json()["id"]
    await post(both, 3, LIVE)
    seen: list[bytes] = []
    feed = EventFeeds(both.store, ping_every_s=0.1).of_shop("shopaz", "0-0", only_tests=True)
    async with asyncio.timeout(5):
        async for chunk in feed:
            if chunk.startswith(b":"):
                break
            seen.append(chunk)
    await feed.aclose()
    assert seen
    assert all(test.encode() in chunk for chunk in seen)


async def test_the_stream_of_a_test_key_sends_pings_while_real_orders_change(both: Service) -> None:
    async def sell() -> None:
        for number in range(1_000):
            await post(both, number, LIVE)

    feed = EventFeeds(both.store, ping_every_s=0.3).of_shop("shopaz", "0-0", only_tests=True)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group, aclosing(feed):
        selling = group.create_task(sell())
        assert await anext(feed) == PING
        assert not selling.done()
        selling.cancel()


async def test_two_hundred_test_orders_do_not_hide_a_numbers_real_order(both: Service) -> None:
    real = (await post(both, 1, LIVE)).json()["id"]
    items = [small_body(number) for number in range(100, 400)]
    await both.client.post("/v1/confirmations/bulk", json={"items": items}, headers=TEST)
    assert [one.id for one in await both.store.lookups.find_open_by_phone(None, PHONE)] == [real]
    assert [one.id for one in await both.store.lookups.of_phone(PHONE)] == [real]


async def test_what_an_earlier_version_kept_of_a_test_key_under_the_shops_name_stands_for_no_real_order(both: Service) -> None:
    old = (await post(both, 1, TEST, **{"idempotency-key": "one"})).json()
    client, tests = both.store.client, owner_of("shopaz", is_test=True)
    await client.rename(keys.orders(tests), keys.orders("shopaz"))
    await client.rename(keys.idempotency(tests, "one"), keys.idempotency("shopaz", "one"))
    first = await post(both, 1, LIVE, **{"idempotency-key": "one"})
    again = await post(both, 1, LIVE, **{"idempotency-key": "one"})
    bulk = (await both.client.post("/v1/confirmations/bulk", json={"items": [small_body(1)]}, headers=LIVE)).json()
    assert (first.status_code, "is_test" in first.json(), again.json()["id"]) == (202, False, first.json()["id"])
    assert bulk["results"][0]["confirmation"]["id"] == first.json()["id"]
    assert (await both.client.get(f"/v1/confirmations/{old['id']}", headers=TEST)).status_code == 200
