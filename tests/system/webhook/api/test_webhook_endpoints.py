"""Webhook endpoints through the API: made, shown, changed, dropped, and what could not be delivered sent again."""

from typing import Any

import pytest
from cryptography.fernet import Fernet

from services.webhook.api.webhook_endpoints.requests import EventName
from services.webhook.reseal import reseal_all, run
from shared.core.lifecycle.shop_event import EventType
from shared.store.webhooks.endpoints import MAX_PER_SHOP
from tests.support.sealing import SEALING_KEY
from tests.support.webhook.service import OTHER_KEY, DescribedAnswer, Service, make_service, small_body

pytestmark = pytest.mark.system
PATH = "/v1/webhook-endpoints"
URL = "https://shop.example/hooks"


async def make(service: Service, **body: object) -> dict[str, Any]:
    answer = await service.client.post(PATH, json={"url": URL, **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{PATH}/{made['id']}"
    return made


def test_every_kind_of_event_can_be_wanted() -> None:
    assert set(EventName.__args__) == {kind.value for kind in EventType}  # type: ignore[attr-defined] # of a Literal


async def test_the_secret_is_shown_once(service: Service, described_answer: DescribedAnswer) -> None:
    made = await make(service)
    described_answer("EndpointWithSecretAnswer", made)
    assert made["secret"].startswith("whsec_")
    assert made["events"] == ["confirmation.finished"]
    shown = (await service.client.get(f"{PATH}/{made['id']}")).json()
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    assert (await service.client.get(PATH)).json() == {"items": [shown]}


async def test_it_belongs_to_its_shop_alone(service: Service) -> None:
    path = f"{PATH}/{(await make(service))['id']}"
    other = {"authorization": f"Bearer {OTHER_KEY}"}
    assert (await service.client.get(PATH, headers=other)).json() == {"items": []}
    for method, tail, body in (
        ("GET", "", None),
        ("DELETE", "", None),
        ("PATCH", "", {}),
        ("POST", "/rotate-secret", None),
        ("GET", "/dead-letters", None),
        ("POST", "/dead-letters/resend", {}),
    ):
        answer = await service.client.request(method, path + tail, json=body, headers=other)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"url": "http://shop.example/"}, "/url", "invalid_url"),
        ({"url": "https://10.0.0.8/"}, "/url", "invalid_url"),
        ({"url": 1}, "/url", "wrong_type"),
        ({}, "/url", "required"),
        ({"url": URL, "events": []}, "/events", "too_few"),
        ({"url": URL, "events": ["nonsense"]}, "/events/0", "not_allowed"),
        ({"url": URL, "secret": "mine"}, "/secret", "unknown_field"),
    ],
)
async def test_a_faulty_one_is_refused(service: Service, body: object, pointer: str, code: str) -> None:
    answer = await service.client.post(PATH, json=body)
    assert answer.status_code == 422
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [(pointer, code)]


async def test_what_is_named_is_changed_and_nothing_else(service: Service) -> None:
    made = await make(service, description="orders")
    path = f"{PATH}/{made['id']}"
    changed = (await service.client.patch(path, json={"events": ["confirmation.calling", "confirmation.calling"]})).json()
    assert changed == {**(await service.client.get(path)).json(), "events": ["confirmation.calling"]}
    assert changed["url"] == URL
    assert changed["description"] == "orders"
    assert (await service.client.patch(path, json={"url": "https://[::1]/"})).status_code == 422


async def test_a_disabled_endpoint_gets_no_events_and_an_enabled_one_does(service: Service) -> None:
    made = await make(service, events=["confirmation.queued"])
    path = f"{PATH}/{made['id']}"
    off = (await service.client.patch(path, json={"enabled": False})).json()
    assert (off["enabled"], off["disabled_because"]) == (False, "the shop disabled it")
    await service.submit(small_body(1))
    on = (await service.client.patch(path, json={"enabled": True})).json()
    assert (on["enabled"], on["disabled_because"], on["pending"]) == (True, None, 0)
    await service.submit(small_body(2))
    assert (await service.client.get(path)).json()["pending"] == 1


async def test_one_that_the_dialer_parked_is_shown_as_disabled_and_stays_so_whatever_the_shop_does(service: Service) -> None:
    path = f"{PATH}/{(await make(service))['id']}"
    await service.store.dialing.crash_counts.park_endpoint(path.rpartition("/")[2])
    shown = (await service.client.patch(path, json={"enabled": True})).json()
    assert (shown["enabled"], shown["disabled_because"].startswith("the deliveries failed on our side")) == (False, True)
    await service.submit(small_body())
    assert await service.store.client.zcard("due:deliver") == 0


async def test_a_shop_has_so_many_at_most(service: Service) -> None:
    for _ in range(MAX_PER_SHOP):
        await make(service)
    answer = await service.client.post(PATH, json={"url": URL})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_endpoints")


async def test_a_new_secret_leaves_the_old_one_good_for_a_day(service: Service) -> None:
    made = await make(service)
    turned = (await service.client.post(f"{PATH}/{made['id']}/rotate-secret")).json()
    assert turned["secret"] != made["secret"]
    stored = await service.store.webhooks.get(made["id"])
    assert stored.secrets(await service.store.now()) == (turned["secret"], made["secret"])


async def test_a_dropped_one_is_gone(service: Service) -> None:
    path = f"{PATH}/{(await make(service))['id']}"
    assert (await service.client.delete(path)).status_code == 204
    assert (await service.client.delete(path)).status_code == 404


async def test_dead_letters_are_listed_by_pages_and_put_back(service: Service, described_answer: DescribedAnswer) -> None:
    made = await make(service, events=["confirmation.queued"])
    path = f"{PATH}/{made['id']}/dead-letters"
    endpoint = await service.store.webhooks.get(made["id"])
    for number in range(3):
        order = await service.submit(small_body(number))
        message = await service.store.deliveries.first(endpoint.id, order["id"])
        assert message is not None
        await service.store.deliveries.give_up(endpoint, message, "http 500")
    page = (await service.client.get(path, params={"limit": "2"})).json()
    described_answer("DeadLetterPageAnswer", page)
    assert [item["reason"] for item in page["items"]] == ["http 500"] * 2
    rest = (await service.client.get(path, params={"limit": "2", "cursor": page["next_cursor"]})).json()
    assert (len(rest["items"]), rest["next_cursor"]) == (1, None)
    named = {"event_ids": [rest["items"][0]["event_id"], "cnf_x.1"]}
    assert (await service.client.post(f"{path}/resend", json=named)).json() == {"resent": 1}
    assert (await service.client.post(f"{path}/resend")).json() == {"resent": 2}
    assert (await service.client.post(f"{path}/resend", json={})).json() == {"resent": 0}
    shown = (await service.client.get(f"{PATH}/{made['id']}")).json()
    assert (shown["pending"], shown["dead_letters"]) == (3, 0)


async def test_for_trials_plain_http_to_this_machine_can_be_allowed(valkey_url: str) -> None:
    trial = make_service(valkey_url, WEBHOOK_PRIVATE_TARGETS="on")
    async with trial.client:
        assert (await trial.client.post(PATH, json={"url": "http://127.0.0.1:9/"})).status_code == 201
    await trial.store.close()


async def test_an_endpoint_whose_secret_cannot_be_opened_is_shown_changed_healed_and_deleted(
    service: Service, valkey_url: str
) -> None:
    made = [await make(service) for _ in range(2)]
    paths = [f"{PATH}/{one['id']}" for one in made]
    later = make_service(valkey_url, ENCRYPTION_KEYS=Fernet.generate_key().decode())
    async with later.client:
        listed = (await later.client.get(PATH)).json()["items"]
        assert [one["id"] for one in listed] == [one["id"] for one in made]
        assert all("rotate" in one["fault"] and "ENCRYPTION_KEYS" in one["fault"] for one in listed)
        changed = await later.client.patch(paths[0], json={"description": "ours"})
        assert (changed.status_code, changed.json()["description"]) == (200, "ours")
        turned = (await later.client.post(f"{paths[0]}/rotate-secret")).json()
        assert turned["secret"].startswith("whsec_")
        assert turned["fault"] is None
        assert (await later.store.webhooks.get(made[0]["id"])).secrets(await later.store.now()) == (turned["secret"],)
        assert (await later.client.get(paths[1])).status_code == 200
        assert (await later.client.delete(paths[1])).status_code == 204
    await later.store.close()


async def test_the_command_seals_all_endpoints_anew_and_says_how_far_it_is(
    service: Service, valkey_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    made = [await make(service) for _ in range(2)]
    new_key = Fernet.generate_key().decode()
    rotated = make_service(valkey_url, ENCRYPTION_KEYS=f"{new_key},{SEALING_KEY}")
    without = make_service(valkey_url, ENCRYPTION_KEYS=new_key)
    assert await reseal_all(without.store) == 1
    assert "cannot be opened: restore the key in ENCRYPTION_KEYS" in capsys.readouterr().out
    assert await reseal_all(rotated.store) == 0
    printed = capsys.readouterr().out
    assert f"2/2  {made[1]['id']}  sealed anew" in printed
    assert "whsec_" not in printed
    assert await reseal_all(without.store) == 0
    assert (await without.store.webhooks.get(made[0]["id"])).secret == made[0]["secret"]
    newest = (await service.client.get("/v1/audit", params={"limit": "1"})).json()["items"][0]
    assert (newest["who"], newest["action"]) == ("command:reseal", "webhook_endpoint.resealed")
    for one in (rotated, without):
        await one.client.aclose()
        await one.store.close()


async def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        await run(["--help"])
    assert ended.value.code == 0
    assert "ENCRYPTION_KEYS" in capsys.readouterr().out
