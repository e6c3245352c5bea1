"""A copy of Redis's data reveals no webhook secret."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from cryptography.fernet import Fernet

from shared.core.lifecycle.shop_event import EventType
from shared.core.webhook_endpoints.endpoint import Endpoint
from shared.store import AuditAction, AuditNote, Resealing, Store, connect
from shared.store.redis.scripts import Script, run
from tests.support.orders import ALWAYS, NOON
from tests.support.sealing import SEALING_KEY

pytestmark = pytest.mark.system
NEW_KEY = Fernet.generate_key().decode()
ENDPOINT = Endpoint(
    id="whe_1",
    shop="shopaz",
    url="https://shop.example/hooks",
    events=(EventType.FINISHED,),
    secret="whsec_bmV3",
    old_secret="whsec_b2xk",
    old_secret_until=NOON + timedelta(days=1),
    created_at=NOON,
)


async def stored(store: Store) -> bytes:
    text: bytes = await store.client.get("webhook:whe_1")
    return text


async def test_neither_secret_stands_in_redis(store: Store) -> None:
    await store.webhooks.save(ENDPOINT)
    text = await stored(store)
    assert b"whsec_" not in text
    assert text.count(b"sealed:") == 2
    assert await store.webhooks.get("whe_1") == ENDPOINT
    assert await store.webhooks.list("shopaz") == [ENDPOINT]


async def test_an_endpoint_of_an_earlier_version_is_read_and_sealed_at_its_next_save(store: Store) -> None:
    await store.webhooks.save(ENDPOINT)
    await store.client.set("webhook:whe_1", msgspec.json.encode(ENDPOINT))
    found = await store.webhooks.get("whe_1")
    assert found == ENDPOINT
    await store.webhooks.save(replace(found, description="ours"))
    assert b"whsec_" not in await stored(store)


@pytest.fixture
async def later(valkey_url: str) -> AsyncIterator[Store]:
    """The store of a program from whose keys that of `store` was taken out."""
    opened = connect(valkey_url, ALWAYS, encryption_keys=(NEW_KEY,))
    yield opened
    await opened.close()


def note(endpoint: Endpoint) -> AuditNote:
    return AuditNote(shop=endpoint.shop, who="command:x", action=AuditAction.ENDPOINT_RESEALED, about=endpoint.id, keep_days=30)


async def test_an_endpoint_whose_key_is_gone_is_listed_changed_and_deleted_and_its_secret_stays_sealed(
    store: Store, later: Store
) -> None:
    await store.webhooks.save(ENDPOINT)
    (found,) = await later.webhooks.list("shopaz")
    assert not found.can_sign
    assert found.secrets(NOON) == ()
    assert b"whsec_" not in repr(found).encode()
    await later.webhooks.save(replace(found, description="ours"))
    assert await store.webhooks.get("whe_1") == replace(ENDPOINT, description="ours")
    assert await later.webhooks.drop(found)


async def test_a_program_without_keys_reads_no_secret_and_can_still_change_the_endpoint(store: Store, valkey_url: str) -> None:
    await store.webhooks.save(ENDPOINT)
    other = connect(valkey_url, ALWAYS)
    await other.webhooks.save(replace(await other.webhooks.get("whe_1"), disabled_because="410"))
    assert await store.webhooks.get("whe_1") == replace(ENDPOINT, disabled_because="410")
    await other.close()


async def test_resealing_makes_the_old_key_superfluous(store: Store, later: Store, valkey_url: str) -> None:
    await store.webhooks.save(ENDPOINT)
    assert await later.webhooks.reseal("whe_1", note, now=NOON) is Resealing.UNREADABLE
    both = connect(valkey_url, ALWAYS, encryption_keys=(NEW_KEY, SEALING_KEY))
    assert await both.webhooks.all_ids() == ["whe_1"]
    assert await both.webhooks.reseal("whe_1", note, now=NOON) is Resealing.SEALED_ANEW
    assert await both.webhooks.reseal("whe_1", note, now=NOON) is Resealing.AS_IT_WAS
    assert await both.webhooks.reseal("whe_2", note, now=NOON) is Resealing.GONE
    await both.close()
    assert await later.webhooks.get("whe_1") == ENDPOINT
    assert [entry.action for entry in (await later.audit.page("shopaz", limit=9)).entries] == ["webhook_endpoint.resealed"]


async def test_an_old_secret_whose_day_is_over_holds_up_no_resealing(store: Store, later: Store) -> None:
    await store.webhooks.save(ENDPOINT)
    unreadable = (await later.webhooks.get("whe_1")).secret
    await later.webhooks.save(replace(ENDPOINT, old_secret=unreadable))
    assert await later.webhooks.reseal("whe_1", note, now=NOON) is Resealing.UNREADABLE
    assert await later.webhooks.reseal("whe_1", note, now=NOON + timedelta(days=1)) is Resealing.SEALED_ANEW
    assert (await later.webhooks.get("whe_1")).old_secret == ""


async def test_resealing_undoes_no_change_that_came_in_between(store: Store, valkey_url: str) -> None:
    await store.webhooks.save(ENDPOINT)
    both = connect(valkey_url, ALWAYS, encryption_keys=(NEW_KEY, SEALING_KEY))
    rotated = replace(ENDPOINT, secret="whsec_bmV3ZXI=")
    await both.webhooks.save(rotated)
    assert await run(both.client, Script.REPLACE_TEXT, keys=["webhook:whe_1"], args=["as it was read", "text", ""]) == 0
    assert await both.webhooks.get("whe_1") == rotated
    await both.close()
