"""A request that is sent again is answered as the first was, also when it would be refused by now."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.core.lifecycle.facts import Withdrawn
from shared.store import keys
from tests.support.webhook.service import Service, make_service, small_body

KEY = {"idempotency-key": "order-1"}
PATH = "/v1/confirmations"


@pytest.fixture
async def stricter(valkey_url: str) -> AsyncIterator[Service]:
    """The same service after somebody took the customers' country off the list."""
    made = make_service(valkey_url, ALLOWED_COUNTRIES="MK")
    async with made.client:
        yield made
    await made.store.close()


async def _soon_expired(service: Service) -> dict[str, Any]:
    expires_at = await service.store.now() + timedelta(seconds=2)
    return {**small_body(), "call": {"expires_at": expires_at.isoformat()}}


async def _posted(service: Service, body: object, headers: dict[str, str] | None = None) -> httpx.Response:
    return await service.client.post(PATH, json=body, headers=headers)


@pytest.mark.parametrize(("headers", "status"), [(KEY, 202), ({}, 200)], ids=["by its key", "by its open order"])
async def test_a_repeat_after_its_expiry_is_answered_as_before(service: Service, headers: dict[str, str], status: int) -> None:
    body = await _soon_expired(service)
    first = await _posted(service, body, headers)
    await asyncio.sleep(2.1)
    again = await _posted(service, body, headers)
    assert (first.status_code, again.status_code, again.json()) == (202, status, first.json())
    assert again.headers.get("idempotency-replayed") == ("true" if headers else None)
    late = await _posted(service, {**body, "order": {"id": "A-2"}})
    assert (late.status_code, late.json()["errors"][0]["pointer"]) == (422, "/call/expires_at")


async def test_a_repeat_under_changed_settings_is_answered_as_before(service: Service, stricter: Service) -> None:
    first = await _posted(service, small_body(), KEY)
    assert (await _posted(stricter, small_body(), KEY)).json() == first.json()
    assert (await _posted(stricter, small_body())).status_code == 200


async def test_a_refused_body_that_never_was_taken_in_stays_refused(service: Service, stricter: Service) -> None:
    made = await service.submit(small_body(1))
    other_body = {**small_body(1), "company": "Another"}
    for body, headers in ((other_body, {}), (small_body(2), KEY), ({}, KEY), ([], {}), ({"order": {"id": ""}}, {})):
        answer = await _posted(stricter, body, headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    await service.client.delete(f"{PATH}/{made['id']}")
    assert (await _posted(stricter, small_body(1))).status_code == 422


async def test_a_key_of_another_request_is_named_before_the_faults_of_this_one(service: Service) -> None:
    await _posted(service, small_body(), KEY)
    answer = await _posted(service, {}, KEY)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


async def test_the_items_of_a_repeated_bulk_are_answered_as_open(service: Service, stricter: Service) -> None:
    made = await service.submit(small_body(1))
    items = [small_body(2), small_body(1), small_body(3, phone="+38970123456")]
    results = (await stricter.client.post(f"{PATH}/bulk", json={"items": items})).json()["results"]
    assert [result["status"] for result in results] == [422, 200, 202]
    assert results[1]["confirmation"] == made
    assert results[2]["confirmation"]["order"]["id"] == "A-3"


async def test_a_bulk_is_answered_again_byte_for_byte_from_what_names_no_customer(service: Service) -> None:
    await service.store.opt_outs.add("shopaz", "+38344000111")
    opened = await service.submit(small_body(1))
    items = [small_body(1), small_body(2, phone="+38344000222"), {**small_body(1), "company": "Another"}]
    items += [small_body(3, phone="044"), small_body(4, phone="+38344000111")]
    first = await service.client.post(f"{PATH}/bulk", json={"items": items}, headers=KEY)
    results = first.json()["results"]
    assert [result["status"] for result in results] == [200, 202, 409, 422, 409]
    assert results[0]["confirmation"] == opened
    await service.store.confirmations.apply(results[1]["confirmation"]["id"], Withdrawn)
    again = await service.client.post(f"{PATH}/bulk", json={"items": items}, headers=KEY)
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    stored = await service.store.client.get(keys.idempotency("shopaz", "order-1"))
    assert not [word for word in (b"+38344000222", b"+38344000111", b"Shopaz") if word in stored]
    other = await service.client.post(f"{PATH}/bulk", json={"items": items[:1]}, headers=KEY)
    assert other.json()["code"] == "idempotency_key_reused"


async def test_a_repeated_bulk_neither_shows_nor_orders_again_what_was_erased(service: Service) -> None:
    bodies = [small_body(number, phone=f"+383441{number:05}") for number in range(130)]
    first = (await service.client.post(f"{PATH}/bulk", json={"items": bodies}, headers=KEY)).json()["results"]
    forgotten = bodies[0]["customer"]["phone"]
    assert (await service.client.delete(f"/v1/customers/{forgotten}")).json()["erased"] == 1
    again = (await service.client.post(f"{PATH}/bulk", json={"items": bodies}, headers=KEY)).json()["results"]
    assert (again[0]["status"], again[0]["problem"]["code"]) == (410, "erased")
    assert again[1:] == first[1:]
    assert (await service.client.get(PATH, params={"order_id": "A-0"})).json()["items"] == []
    assert forgotten.encode() not in await service.store.client.get(keys.idempotency("shopaz", "order-1"))


async def test_what_a_key_of_one_order_keeps_names_no_customer_and_shows_nothing_erased(service: Service) -> None:
    body = {**small_body(1), "customer": {"phone": small_body()["customer"]["phone"], "name": "Arta"}}
    made = (await _posted(service, body, KEY)).json()
    stored = await service.store.client.get(keys.idempotency("shopaz", "order-1"))
    assert not any(word in stored for word in (b"+383", b"Arta", b"A-1"))
    assert (await service.client.delete(f"/v1/customers/{made['customer']['phone']}")).json()["erased"] == 1
    assert (await service.client.get(f"{PATH}/{made['id']}")).status_code == 404
    again = await _posted(service, body, KEY)
    assert (again.status_code, again.json()["code"], again.headers["idempotency-replayed"]) == (410, "erased", "true")
