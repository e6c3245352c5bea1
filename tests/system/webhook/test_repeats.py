"""A request that is sent again is answered as the first was, also when it would be refused by now."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.support.webhook import Service, make_service, small_body

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
    expires_at = await service.store.now() + timedelta(seconds=0.5)
    return {**small_body(), "call": {"expires_at": expires_at.isoformat()}}


async def _posted(service: Service, body: object, headers: dict[str, str] | None = None) -> httpx.Response:
    return await service.client.post(PATH, json=body, headers=headers)


@pytest.mark.parametrize(("headers", "status"), [(KEY, 202), ({}, 200)], ids=["by its key", "by its open order"])
async def test_a_repeat_after_its_expiry_is_answered_as_before(service: Service, headers: dict[str, str], status: int) -> None:
    body = await _soon_expired(service)
    first = await _posted(service, body, headers)
    await asyncio.sleep(0.6)
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
