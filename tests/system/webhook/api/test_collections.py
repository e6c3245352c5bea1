"""Listing, bulk, preview, transcript and the do-not-call list."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.store import Speaker, Turn
from tests.support.webhook.service import OTHER_KEY, PHONE, Service, body, small_body

OTHER_SHOP = {"authorization": f"Bearer {OTHER_KEY}"}


async def _list(service: Service, **params: str) -> dict[str, Any]:
    answer = await service.client.get("/v1/confirmations", params=params)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def test_pages_lead_through_all_confirmations_newest_first(service: Service) -> None:
    made = [(await service.submit(small_body(number)))["id"] for number in range(5)]
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await _list(service, limit="2", cursor=cursor, status="", outcome="")
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert found == made[::-1]
    assert (await service.client.get("/v1/confirmations", headers=OTHER_SHOP)).json() == {"items": [], "next_cursor": None}


async def test_a_listing_can_be_narrowed(service: Service) -> None:
    first, second = [await service.submit(small_body(number)) for number in (1, 2)]
    await service.client.delete(f"/v1/confirmations/{first['id']}")
    for params, expected in (
        ({"status": "finished"}, first),
        ({"outcome": "withdrawn"}, first),
        ({"status": "queued"}, second),
        ({"order_id": "A-2"}, second),
    ):
        assert [item["id"] for item in (await _list(service, **params))["items"]] == [expected["id"]]
    assert (await _list(service, outcome="confirmed"))["items"] == []
    assert (await _list(service, order_id="nope"))["items"] == []


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=201", "limit=x", "limit=-1", "limit=٣", "limit=1&limit=2"),
        *("status=open", "outcome=yes", "cursor=x", "stauts=queued"),
    ],
)
async def test_faulty_parameters_are_named(service: Service, query: str) -> None:
    answer = await service.client.get(f"/v1/confirmations?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
    assert answer.json()["parameter"] == query.split("=")[0]


async def _bulk(service: Service, items: list[object], **headers: str) -> list[dict[str, Any]]:
    answer = await service.client.post("/v1/confirmations/bulk", json={"items": items}, headers=headers)
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def test_one_bad_item_stops_no_other(service: Service) -> None:
    await service.store.opt_outs.add("shopaz", "+38344999999")
    items = [
        small_body(1),
        small_body(2, phone="044"),
        7,
        small_body(1),
        {**small_body(1), "company": "Another"},
        small_body(3, phone="+38344999999"),
        body(),
    ]
    results = await _bulk(service, items)
    assert [result["status"] for result in results] == [202, 422, 422, 200, 409, 409, 202]
    assert results[1]["problem"]["errors"][0]["pointer"] == "/customer/phone"
    assert results[2]["problem"]["errors"][0]["pointer"] == ""
    assert results[3]["confirmation"]["id"] == results[0]["confirmation"]["id"]
    assert results[4]["problem"]["confirmation_id"] == results[0]["confirmation"]["id"]
    assert results[5]["problem"]["code"] == "opted_out"
    assert results[6]["confirmation"]["order"]["id"] == "SHP-10482"


async def test_a_thousand_items_are_taken_and_none_more(service: Service) -> None:
    results = await _bulk(service, [small_body(number) for number in range(1000)])
    assert {result["status"] for result in results} == {202}
    assert await _bulk(service, []) == []
    answer = await service.client.post("/v1/confirmations/bulk", json={"items": [small_body()] * 1001})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "too_many")


@pytest.mark.parametrize("value", [[], {}, {"items": {}}, {"items": [], "more": 1}, "x"])
async def test_a_bulk_body_is_an_object_with_items(service: Service, value: object) -> None:
    answer = await service.client.post("/v1/confirmations/bulk", json=value)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


async def test_a_bulk_request_may_be_repeated_under_its_key(service: Service) -> None:
    items: list[object] = [small_body(1), small_body(2, phone="044")]
    first = await _bulk(service, items, **{"idempotency-key": "b"})
    assert await _bulk(service, items, **{"idempotency-key": "b"}) == first
    other = await service.client.post("/v1/confirmations/bulk", json={"items": []}, headers={"idempotency-key": "b"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    single = await service.client.post("/v1/confirmations", json=small_body(9), headers={"idempotency-key": "b"})
    assert single.status_code == 422


async def test_a_preview_tells_the_words_and_stores_nothing(service: Service) -> None:
    answer = await service.client.post("/v1/confirmations/preview", json=body(call=None))
    told = answer.json()
    assert answer.status_code == 200
    assert list(told) == ["language", "greeting", "details", "keypad", "goodbyes", "voicemail", "next_attempt_at"]
    assert told["language"] == "sq"
    assert "Shopaz" in told["greeting"]
    assert "Kufje" in told["details"]
    assert {"confirmed", "cancelled"} <= told["goodbyes"].keys()
    assert told["next_attempt_at"].endswith("Z")
    assert (await _list(service))["items"] == []
    refused = await service.client.post("/v1/confirmations/preview", json={})
    assert refused.status_code == 422


async def test_a_transcript_is_there_once_something_was_said(service: Service) -> None:
    made = await service.submit(small_body())
    path = f"/v1/confirmations/{made['id']}/transcript"
    assert (await service.client.get(path)).status_code == 404
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    turns = [
        Turn(attempt=1, position=1, speaker=Speaker.AGENT, text="Përshëndetje!", at=at, interrupted=True),
        Turn(attempt=1, position=2, speaker=Speaker.CUSTOMER, text="Po.", at=at),
    ]
    await service.store.transcripts.append(made["id"], turns)
    assert (await service.client.get(path)).json() == {
        "turns": [
            {"attempt": 1, "speaker": "agent", "text": "Përshëndetje!", "at": "2026-11-23T12:00:00.000Z", "interrupted": True},
            {"attempt": 1, "speaker": "customer", "text": "Po.", "at": "2026-11-23T12:00:00.000Z", "interrupted": False},
        ]
    }
    assert (await service.client.get(path, headers=OTHER_SHOP)).status_code == 404


async def test_the_do_not_call_list_is_the_shops_own(service: Service) -> None:
    path = f"/v1/opt-outs/{PHONE}"
    assert (await service.client.get(path)).status_code == 404
    put = await service.client.put("/v1/opt-outs/%2B383 44 123-456")
    assert (put.status_code, put.json()["phone"]) == (200, PHONE)
    assert (await service.client.put(path)).json() == put.json()
    assert (await service.client.get(path)).json() == put.json()
    assert (await service.client.post("/v1/confirmations", json=small_body())).status_code == 409
    assert (await service.client.post("/v1/confirmations", json=small_body(), headers=OTHER_SHOP)).status_code == 202
    assert (await service.client.delete(path, headers=OTHER_SHOP)).status_code == 404
    assert [(await service.client.delete(path)).status_code for _ in range(2)] == [204, 404]
    assert (await service.client.post("/v1/confirmations", json=small_body())).status_code == 202


async def test_the_do_not_call_list_has_pages(service: Service) -> None:
    for number in range(5):
        await service.client.put(f"/v1/opt-outs/+3834400000{number}")
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await service.client.get("/v1/opt-outs", params={"limit": "2", "cursor": cursor})).json()
        found += [item["phone"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(found) == [f"+3834400000{number}" for number in range(5)]


@pytest.mark.parametrize("phone", ["x", "044123456", "+1", "%00"])
async def test_what_is_no_number_cannot_be_on_the_list(service: Service, phone: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = await service.client.request(method, f"/v1/opt-outs/{phone}")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
