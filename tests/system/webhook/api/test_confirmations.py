"""Orders posted, shown and withdrawn, as the contract says."""

import asyncio

import httpx
import pytest

from shared.core.lifecycle.facts import AttemptBegun, CallAnswered, CallEnded, VerdictGiven
from shared.core.outcome import VerdictKind
from tests.support.orders import verdict
from tests.support.webhook.service import KEY, OTHER_KEY, PHONE, Service, body, make_service, small_body
from tools.ports import free_port


async def _in_a_call(service: Service, confirmation_id: str) -> None:
    apply = service.store.confirmations.apply
    await apply(confirmation_id, lambda now: AttemptBegun(now, "att_1", "+38344000000"))
    await apply(confirmation_id, lambda now: CallAnswered(now, "att_1", "CA1"))


async def test_an_order_is_taken_in_and_can_be_looked_up(service: Service) -> None:
    answer = await service.client.post("/v1/confirmations", json=body())
    made = answer.json()
    assert answer.status_code == 202
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["location"] == f"/v1/confirmations/{made['id']}"
    assert answer.headers["x-request-id"].startswith("req_")
    assert (made["shop"], made["outcome"], made["metadata"]) == ("shopaz", None, {"crm_id": "42"})
    assert made["status"] in {"queued", "waiting"}  # its window is not open at every hour
    shown = (await service.client.get(answer.headers["location"])).json()
    assert shown == made
    assert made["created_at"] == made["updated_at"]


async def test_a_number_is_answered_in_e164(service: Service) -> None:
    made = await service.submit(small_body(phone="0038344 123-456"))
    assert made["customer"]["phone"] == PHONE


async def test_the_same_key_and_body_answer_what_the_first_did(service: Service) -> None:
    headers = {"idempotency-key": "order-1"}
    first = await service.client.post("/v1/confirmations", json=small_body(), headers=headers)
    await _in_a_call(service, first.json()["id"])
    again = await service.client.post("/v1/confirmations", json=small_body(), headers=headers)
    assert "idempotency-replayed" not in first.headers
    assert (again.status_code, again.headers["idempotency-replayed"]) == (202, "true")
    assert (again.json(), again.headers["location"]) == (first.json(), first.headers["location"])


async def test_the_same_key_and_another_body_are_refused(service: Service) -> None:
    headers = {"idempotency-key": "order-1"}
    await service.client.post("/v1/confirmations", json=small_body(1), headers=headers)
    other = await service.client.post("/v1/confirmations", json=small_body(2), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    of_another_shop = {**headers, "authorization": f"Bearer {OTHER_KEY}"}
    fresh = await service.client.post("/v1/confirmations", json=small_body(2), headers=of_another_shop)
    assert fresh.status_code == 202


async def test_a_refused_body_does_not_use_its_key_up(service: Service) -> None:
    headers = {"idempotency-key": "k"}
    refused = await service.client.post("/v1/confirmations", json=small_body(phone="044"), headers=headers)
    repaired = await service.client.post("/v1/confirmations", json=small_body(), headers=headers)
    assert (refused.status_code, repaired.status_code) == (422, 202)


@pytest.mark.parametrize("key", ["", "a b", "ë", "x" * 256])
async def test_an_idempotency_key_is_1_to_255_visible_characters(service: Service, key: str) -> None:
    headers = [(b"idempotency-key", key.encode())]
    answer = await service.client.post("/v1/confirmations", json=small_body(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")


async def test_an_order_has_one_open_confirmation(service: Service) -> None:
    first = await service.submit(small_body())
    same = await service.client.post("/v1/confirmations", json=small_body())
    other = await service.client.post("/v1/confirmations", json={**small_body(), "company": "Another"})
    assert (same.status_code, same.json()["id"]) == (200, first["id"])
    assert (other.status_code, other.json()["code"]) == (409, "already_open")
    assert other.json()["confirmation"] == f"/v1/confirmations/{first['id']}"
    await service.client.delete(f"/v1/confirmations/{first['id']}")
    assert (await service.submit(small_body()))["id"] != first["id"]


async def test_twenty_identical_posts_at_once_make_one_confirmation(service: Service) -> None:
    async with asyncio.TaskGroup() as group:
        posts = [group.create_task(service.client.post("/v1/confirmations", json=small_body())) for _ in range(20)]
    answers = [post.result() for post in posts]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [202]


async def test_a_number_on_the_do_not_call_list_is_refused(service: Service) -> None:
    await service.store.opt_outs.add("shopaz", PHONE)
    answer = await service.client.post("/v1/confirmations", json=small_body())
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/opted-out")


async def test_another_shops_confirmation_does_not_exist(service: Service) -> None:
    made = await service.submit(small_body())
    path = f"/v1/confirmations/{made['id']}"
    for method in ("GET", "DELETE"):
        answer = await service.client.request(method, path, headers={"authorization": f"Bearer {OTHER_KEY}"})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    for unknown in ("cnf_" + "0" * 26, "x", "cnf_%00", "cnf_" + "z" * 26):
        assert (await service.client.get(f"/v1/confirmations/{unknown}")).status_code == 404


async def test_a_waiting_order_is_withdrawn_at_once(service: Service) -> None:
    made = await service.submit(small_body())
    path = f"/v1/confirmations/{made['id']}"
    answer = await service.client.delete(path)
    assert (answer.status_code, answer.json()["outcome"], answer.json()["status"]) == (200, "withdrawn", "finished")
    again = await service.client.delete(path)
    assert (again.status_code, again.json()["code"], again.json()["outcome"]) == (409, "already_finished", "withdrawn")


async def test_an_order_in_a_call_is_withdrawn_when_the_call_ends(service: Service) -> None:
    made = await service.submit(small_body())
    path = f"/v1/confirmations/{made['id']}"
    await _in_a_call(service, made["id"])
    first, second = [await service.client.delete(path) for _ in range(2)]
    assert (first.status_code, second.status_code, first.json()["status"]) == (200, 200, "in_call")
    await service.store.confirmations.apply(made["id"], lambda now: CallEnded(now, "att_1", None))
    assert (await service.client.get(path)).json()["outcome"] == "withdrawn"


async def test_a_decided_order_cannot_be_withdrawn(service: Service) -> None:
    made = await service.submit(small_body())
    await _in_a_call(service, made["id"])
    decided = verdict(VerdictKind.CONFIRMED)
    await service.store.confirmations.apply(made["id"], lambda now: VerdictGiven(now, "att_1", decided))
    answer = await service.client.delete(f"/v1/confirmations/{made['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "already_decided")


@pytest.mark.parametrize("headers", [{}, {"authorization": ""}, {"authorization": "Bearer nope"}, {"authorization": KEY}])
async def test_without_a_key_nothing_is_told(service: Service, headers: dict[str, str]) -> None:
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as stranger:
        answer = await stranger.post("/v1/confirmations", content=b"{", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_every_error_is_a_problem(service: Service) -> None:
    client, path = service.client, "/v1/confirmations"
    answers = {
        404: await client.get("/v1/nothing"),
        405: await client.put(path, json={}),
        400: await client.post(path, content=b"{", headers={"content-type": "application/json"}),
        415: await client.post(path, content=b"{}", headers={"content-type": "text/plain"}),
        413: await client.post(path, content=b" " * 70_000, headers={"content-type": "application/json"}),
        422: await client.post(path, json={}),
        401: await client.post(path, json={}, headers={"authorization": "Bearer x"}),
        403: await client.post("/incoming-call", data={"CallSid": "CA1"}),
    }
    for status, answer in answers.items():
        problem = answer.json()
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "code", "request_id"} <= problem.keys()
        assert (problem["status"], problem["request_id"]) == (status, answer.headers["x-request-id"])
    assert answers[405].headers["allow"] == "POST" or "POST" in answers[405].headers["allow"]


async def test_a_request_id_that_the_client_chose_is_kept_where_it_is_plain(service: Service) -> None:
    for sent, kept in (("trace-1.a_B", True), ("with space", False), ("x" * 65, False)):
        answer = await service.client.get("/v1/nothing", headers={"x-request-id": sent})
        assert (answer.json()["request_id"] == sent) is kept


async def test_while_redis_is_away_nothing_is_acknowledged() -> None:
    away = make_service(f"redis://127.0.0.1:{free_port()}/0")
    async with away.client:
        for answer in (
            await away.client.post("/v1/confirmations", json=small_body()),
            await away.client.get("/v1/confirmations/cnf_" + "0" * 26),
            await away.as_twilio("/incoming-call", {"CallSid": "CA1", "From": PHONE}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
            assert answer.headers["retry-after"] == "1"
    await away.store.close()
