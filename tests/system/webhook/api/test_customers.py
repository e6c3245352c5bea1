"""A customer is forgotten: open orders are taken back, and nothing under the number is left but the wish not to be called."""

import asyncio
from dataclasses import replace
from urllib.parse import quote

import pytest

from shared.core.lifecycle.facts import AttemptBegun, CallEnded
from shared.core.outcome import AttemptResult
from shared.store import Speaker, Turn, connect
from tests.support.claimed_reconciliations import claimed_reconciliations
from tests.support.orders import ALWAYS
from tests.support.webhook.service import OTHER_KEY, PHONE, Service, small_body

pytestmark = pytest.mark.system
PATH = f"/v1/customers/{quote(PHONE)}"
NOTHING = {"erased": 0, "pending": 0, "withdrawn": 0, "unread_outcomes": 0, "unreadable": 0, "on_do_not_call_list": False}


async def forget(service: Service, key: str | None = None) -> object:
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    answer = await service.client.delete(PATH, headers=headers)
    assert answer.status_code == 200
    return answer.json()


async def test_of_nobody_nothing_is_erased(service: Service) -> None:
    assert await forget(service) == NOTHING
    assert (await service.client.delete("/v1/customers/nobody")).json()["code"] == "invalid_parameter"


async def test_finished_and_open_orders_are_erased_without_a_trace(service: Service) -> None:
    first = await service.submit(small_body(1))
    await service.client.delete(f"/v1/confirmations/{first['id']}")
    second = await service.submit(small_body(2))
    turn = Turn(attempt=1, position=0, speaker=Speaker.CUSTOMER, text="Po.", at=await service.store.now())
    await service.store.transcripts.append(second["id"], [turn])
    assert await forget(service) == {**NOTHING, "erased": 2, "withdrawn": 1}
    for made in (first, second):
        assert (await service.client.get(f"/v1/confirmations/{made['id']}")).status_code == 404
    left = await service.store.client.keys("*")
    assert {key for key in left if not key.startswith(b"LIMITS")} <= {
        b"events:shopaz:log",
        b"outcomes:shopaz:log",
        b"due:turn",
        b"erasures",
        b"audit:shopaz",
        b"audit:~digest-key:0",
    }
    assert await service.store.client.xlen("outcomes:shopaz:log") == 0


async def test_another_shops_and_another_customers_orders_stay(service: Service) -> None:
    await service.submit(small_body(1))
    await service.submit(small_body(2, phone="+38344999888"))
    assert await forget(service, OTHER_KEY) == NOTHING
    assert await forget(service) == {**NOTHING, "erased": 1, "withdrawn": 1}
    assert len((await service.client.get("/v1/confirmations")).json()["items"]) == 1


async def test_one_who_is_on_the_phone_is_forgotten_when_the_call_ends(service: Service, valkey_url: str) -> None:
    made = await service.submit(small_body(1))
    await service.store.confirmations.apply(made["id"], lambda now: AttemptBegun(now, "att_1", "+1"))
    assert await forget(service) == {**NOTHING, "pending": 1, "withdrawn": 1}
    assert await forget(service) == {**NOTHING, "pending": 1, "withdrawn": 1}
    await service.store.confirmations.apply(made["id"], lambda now: CallEnded(now, "att_1", AttemptResult.NO_ANSWER))
    assert await claimed_reconciliations(service.store) == [made["id"]]
    dialer = connect(valkey_url, replace(ALWAYS, retention_days=30))
    assert await dialer.erasure.eraser.erase_if_over(made["id"])
    await dialer.close()
    assert await forget(service) == NOTHING


async def test_an_outcome_that_the_crm_has_not_read_is_erased_and_that_is_said(service: Service) -> None:
    await service.store.client.xgroup_create("outcomes:shopaz:log", "crm", id="0", mkstream=True)
    made = await service.submit(small_body(1))
    await service.client.delete(f"/v1/confirmations/{made['id']}")
    assert await forget(service) == {**NOTHING, "erased": 1, "unread_outcomes": 1}
    assert "outcomes_erased_unread_total 1.0" in (await service.client.get("/metrics")).text


async def test_an_outcome_that_waits_for_a_webhook_endpoint_counts_as_one_that_was_not_read(service: Service) -> None:
    endpoint = {"url": "https://shop.example/hooks", "events": ["confirmation.queued"]}
    assert (await service.client.post("/v1/webhook-endpoints", json=endpoint)).is_success
    await service.submit(small_body(1))
    assert await forget(service) == {**NOTHING, "erased": 1, "withdrawn": 1}
    assert (await service.client.post("/v1/webhook-endpoints", json={"url": "https://shop.example/outcomes"})).is_success
    await service.submit(small_body(2))
    assert await forget(service) == {**NOTHING, "erased": 1, "withdrawn": 1, "unread_outcomes": 1}
    assert not [key async for key in service.store.client.scan_iter("webhook:*:lane*")]


async def test_a_record_that_nobody_can_read_keeps_no_other_from_being_erased(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = await service.submit(small_body(1))
    await service.submit(small_body(2))
    await service.store.client.set(f"confirmation:{broken['id']}", "nonsense")
    assert await forget(service, OTHER_KEY) == NOTHING
    assert await forget(service) == {**NOTHING, "erased": 1, "withdrawn": 1, "unreadable": 1}
    told = capsys.readouterr().out
    assert "records_unreadable" in told
    assert broken["id"] in told
    await service.store.erasure.unreadable_records.erase(broken["id"])
    assert await forget(service) == NOTHING


async def test_two_who_ask_at_once_are_both_answered(service: Service) -> None:
    for number in range(20):
        await service.submit(small_body(number))
    one, other = await asyncio.gather(service.client.delete(PATH), service.client.delete(PATH))
    assert (one.status_code, other.status_code) == (200, 200)
    assert one.json()["erased"] + other.json()["erased"] == 20


async def test_the_do_not_call_list_stays(service: Service) -> None:
    await service.store.opt_outs.add("shopaz", PHONE)
    assert await forget(service) == {**NOTHING, "on_do_not_call_list": True}
    assert await service.store.opt_outs.contains("shopaz", PHONE)
