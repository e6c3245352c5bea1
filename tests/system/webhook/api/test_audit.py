"""The audit: each change is in it with who, what and when, and it holds nothing about a customer."""

import re
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.fernet import Fernet

from services.dialer_worker.parked_work import drive_again, forget
from services.webhook.reseal import reseal_all
from shared.core.errors import StoreUnavailableError
from shared.store import AuditAction, AuditNote, Resealing, keys
from shared.store.erasure.customers import Customers
from shared.store.erasure.eraser import Erased, Eraser
from tests.support.orders import ALWAYS
from tests.support.sealing import SEALING_KEY
from tests.support.webhook.service import KEY, OTHER_KEY, PHONE, Service, body, make_service, small_body

pytestmark = pytest.mark.system
OPT_OUT = f"/v1/opt-outs/{quote(PHONE)}"
ENDPOINT = {"url": "https://crm.shop.example/hook"}


async def audit(service: Service, **parameters: str) -> dict[str, Any]:
    answer = await service.client.get("/v1/audit", params=parameters)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def actions(service: Service) -> list[tuple[str, str]]:
    """Return the actions and what they were about, oldest first."""
    return [(item["action"], item["about"]) for item in reversed((await audit(service))["items"])]


async def test_every_change_of_a_confirmation_is_in_it_once(service: Service) -> None:
    made = await service.submit(body())
    assert (await service.client.post("/v1/confirmations", json=body())).status_code == 200
    for _ in range(2):
        await service.client.delete(f"/v1/confirmations/{made['id']}")
    refused = await service.client.post("/v1/confirmations", json={})
    bulk = await service.client.post("/v1/confirmations/bulk", json={"items": [small_body(7), {}, small_body(8)]})
    taken = [result["confirmation"]["id"] for result in bulk.json()["results"] if result["status"] == 202]
    assert refused.status_code == 422
    assert await actions(service) == [
        ("confirmation.created", made["id"]),
        ("confirmation.withdrawn", made["id"]),
        *(("confirmation.created", one) for one in taken),
    ]


async def test_every_change_of_an_endpoint_is_in_it(service: Service) -> None:
    path = (await service.client.post("/v1/webhook-endpoints", json=ENDPOINT)).headers["location"]
    await service.client.patch(path, json={"enabled": False})
    await service.client.post(f"{path}/rotate-secret")
    await service.client.delete(path)
    about = path.rpartition("/")[2]
    found = await actions(service)
    assert found == [(f"webhook_endpoint.{what}", about) for what in ("created", "changed", "secret_rotated", "deleted")]


async def test_it_holds_nothing_about_a_customer(service: Service) -> None:
    await service.submit(body())
    await service.client.put(OPT_OUT)
    await service.client.delete(OPT_OUT)
    await service.client.delete(f"/v1/customers/{quote(PHONE)}")
    found = await actions(service)
    assert [action for action, _ in found] == ["confirmation.created", "opt_out.added", "opt_out.removed", "customer.erased"]
    abouts = {about for _, about in found[1:]}
    assert len(abouts) == 1
    assert re.fullmatch(r"number:[0-9a-f]{16}", abouts.pop())
    stored = repr(await service.store.client.xrange(keys.audit("shopaz")))
    assert not any(word in stored for word in (PHONE, PHONE[1:], "Arta", "Ramadani", "SHP-10482"))


async def test_a_numbers_digest_stays_the_same_when_secrets_are_rotated(service: Service, valkey_url: str) -> None:
    new_key = Fernet.generate_key().decode()
    await service.client.put(OPT_OUT)
    for secret, keys_of_time in (
        (f"{'n' * 40},{'s' * 40}", SEALING_KEY),
        ("n" * 40, f"{new_key},{SEALING_KEY}"),
        ("n" * 40, new_key),
    ):
        later = make_service(valkey_url, SIGNING_SECRET=secret, ENCRYPTION_KEYS=keys_of_time)
        async with later.client:
            await later.client.put(OPT_OUT)
            await reseal_all(later.store)
        await later.store.close()
    assert len({about for _, about in await actions(service)}) == 1


async def test_the_key_of_the_digests_is_sealed_and_if_it_is_lost_another_one_serves(service: Service, valkey_url: str) -> None:
    await service.client.put(OPT_OUT)
    stored = await service.store.client.get("audit:~digest-key:0")
    assert stored.startswith(b"sealed:")
    later = make_service(valkey_url, ENCRYPTION_KEYS=Fernet.generate_key().decode())
    async with later.client:
        for _ in range(2):
            assert (await later.client.put(OPT_OUT)).status_code == 200
        assert await reseal_all(later.store) == 1, "while the first key cannot be opened, no key may be taken out"
    await later.store.close()
    both = make_service(valkey_url, ENCRYPTION_KEYS=f"{Fernet.generate_key().decode()},{SEALING_KEY}")
    assert await both.store.audit.reseal() is Resealing.UNREADABLE, "the second key is lost now"
    assert await service.store.audit.reseal() is Resealing.UNREADABLE
    await both.client.aclose()
    await both.store.close()
    first, *others = [about for _, about in await actions(service)]
    assert (len(set(others)), first in others) == (1, False)


async def test_a_note_about_a_number_is_written_by_the_script_of_its_change(service: Service) -> None:
    store, shop = service.store, "shopaz"
    ids = [(await service.submit(small_body(number)))["id"] for number in range(2)]
    before = len(await actions(service))

    def note(about: str) -> AuditNote:
        return store.audit.note(shop, who="key:x", action=AuditAction.CUSTOMER_ERASED, about=about)

    await store.opt_outs.add(shop, "+38344999999", audit=note("added"))
    assert not await store.opt_outs.remove(shop, "+38344999998", audit=note("not removed"))
    await store.opt_outs.remove(shop, "+38344999999", audit=note("removed"))
    await store.erasure.eraser.erase(ids[0], audit=note("erased"))
    await store.erasure.customers.erase(shop, PHONE, audit=note("nothing left"))
    assert [about for _, about in (await actions(service))[before:]] == ["added", "removed", "erased", "nothing left"]


async def test_an_erasure_that_is_broken_off_is_in_it(service: Service) -> None:
    await service.submit(body())
    await service.submit(small_body(1))
    store = service.store
    erasure = Customers(store.client, store.lookups, store.confirmations, eraser=Broken(store.client, ALWAYS), audit=store.audit)
    note = store.audit.note("shopaz", who="key:x", action=AuditAction.CUSTOMER_ERASED, about="number:x")
    with pytest.raises(StoreUnavailableError):
        await erasure.erase("shopaz", PHONE, audit=note)
    assert [action for action, _ in await actions(service)].count("customer.erased") == 1


class Broken(Eraser):
    """Erases nothing: Redis has gone away."""

    async def erase(self, confirmation_id: str, *, audit: AuditNote | None = None) -> Erased | None:
        raise StoreUnavailableError("redis: ConnectionError")


async def test_what_a_command_did_is_in_it(service: Service) -> None:
    made = await service.submit(small_body(1))
    path = (await service.client.post("/v1/webhook-endpoints", json=ENDPOINT)).headers["location"]
    endpoint = path.rpartition("/")[2]
    assert await drive_again(service.store.dialing.crash_counts, [made["id"], endpoint]) == 0
    await service.store.client.set(keys.record(made["id"]), "unreadable")
    assert await forget(service.store.erasure.unreadable_records, service.store.audit, [made["id"]]) == 0
    newest = (await audit(service, limit="3"))["items"]
    assert [(item["who"], item["action"], item["about"]) for item in reversed(newest)] == [
        ("command:parked", "confirmation.redriven", made["id"]),
        ("command:parked", "webhook_endpoint.redriven", endpoint),
        ("command:parked", "confirmation.forgotten", made["id"]),
    ]


async def test_it_is_read_page_by_page_newest_first_and_by_its_own_shop_only(service: Service) -> None:
    made = [await service.submit(small_body(number)) for number in range(5)]
    seen: list[str] = []
    page = await audit(service, limit="2")
    while True:
        seen += [item["about"] for item in page["items"]]
        assert all(re.fullmatch(r"key:[0-9a-f]{8}", item["who"]) for item in page["items"])
        if page["next_cursor"] is None:
            break
        page = await audit(service, limit="2", cursor=page["next_cursor"])
    assert seen == [one["id"] for one in reversed(made)]
    other = await service.client.get("/v1/audit", headers={"authorization": f"Bearer {OTHER_KEY}"})
    assert other.json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("cursor", ["x", "1", "+", "99999999999999999999-1", "(1-1"])
async def test_a_cursor_that_is_none_is_refused(service: Service, cursor: str) -> None:
    answer = await service.client.get("/v1/audit", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "cursor")


async def test_entries_leave_with_the_retention(service: Service) -> None:
    old = service.store.audit.note("shopaz", who="key:x", action=AuditAction.CONFIRMATION_CREATED, about="cnf_old")
    for _ in range(300):
        await service.store.client.xadd(keys.audit("shopaz"), {"who": "x", "action": "y", "about": "z"}, id="1000-*")
    await service.store.audit.write(old)
    assert await service.store.client.xlen(keys.audit("shopaz")) < 200


async def test_a_test_key_may_not_read_it_and_what_it_did_is_in_it(valkey_url: str) -> None:
    service = make_service(valkey_url, API_KEYS=f"shopaz:{KEY},shopaz:test_the-first-key-of-1")
    test = {"authorization": "Bearer test_the-first-key-of-1"}
    async with service.client:
        made = (await service.client.post("/v1/confirmations", json=small_body(1), headers=test)).json()
        refused = await service.client.get("/v1/audit", headers=test)
        assert (refused.status_code, refused.json()["code"]) == (403, "live_key_needed")
        assert [item["about"] for item in (await audit(service))["items"]] == [made["id"]]
    await service.store.close()
