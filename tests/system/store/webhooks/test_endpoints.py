"""A copy of Redis's data reveals no webhook secret."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from shared.core.lifecycle.shop_event import EventType
from shared.core.webhook_endpoints.endpoint import Endpoint
from shared.store import Store, connect
from shared.store.sealing import UnreadableSecretError
from tests.support.orders import ALWAYS, NOON

pytestmark = pytest.mark.system
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


async def test_a_program_without_the_key_reads_no_secret(store: Store, valkey_url: str) -> None:
    await store.webhooks.save(ENDPOINT)
    other = connect(valkey_url, ALWAYS)
    with pytest.raises(UnreadableSecretError):
        await other.webhooks.get("whe_1")
    await other.close()
