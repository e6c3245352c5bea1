"""A record that nobody can read is erased with all that names it, and nothing of others."""

import pytest

from shared.core.lifecycle.facts import Withdrawn
from shared.core.lifecycle.shop_event import EventType
from shared.core.webhook_endpoints.endpoint import Endpoint
from shared.store import ReadableError, Store, Work
from tests.support.orders import NOON, PHONE, an_order

pytestmark = pytest.mark.system
ID, OTHER = an_order(1).id, an_order(2).id


async def broken(store: Store, *, is_finished: bool) -> None:
    endpoint = Endpoint(id="whe_1", shop="shopaz", url="https://shop.example", events=tuple(EventType), secret="", created_at=NOON)
    await store.webhooks.save(endpoint)
    for number in (1, 2):
        await store.confirmations.submit(an_order(number, at=await store.now()))
        if is_finished:
            await store.confirmations.apply(an_order(number).id, Withdrawn)
    await store.dialing.crash_counts.begin(Work.RECONCILIATION, ID)
    await store.dialing.crash_counts.park(ID)
    await store.client.set(f"confirmation:{ID}", "nonsense")


async def words(store: Store) -> bytes:
    """Return all that is in Redis but the log of references, which is trimmed by time."""
    found = b""
    async for key in store.client.scan_iter():
        match await store.client.type(key):
            case b"string":
                value = await store.client.get(key)
            case b"list":
                value = await store.client.lrange(key, 0, -1)
            case b"hash":
                value = await store.client.hgetall(key)
            case b"stream":
                value = [] if key.startswith(b"events:") else await store.client.xrange(key)
            case _:
                value = await store.client.zrange(key, 0, -1)
        found += key + repr(value).encode()
    return found


@pytest.mark.parametrize("is_finished", [True, False])
async def test_nothing_is_left_of_it_and_the_others_stay(store: Store, is_finished: bool) -> None:
    await broken(store, is_finished=is_finished)
    assert ID.encode() in await words(store)
    await store.erasure.unreadable_records.erase(ID)
    left = await words(store)
    assert ID.encode() not in left
    assert OTHER.encode() in left
    assert (await store.lookups.of_phone(PHONE))[0].id == OTHER
    assert await store.client.xlen("outcomes:shopaz:log") == is_finished
    await store.erasure.unreadable_records.erase(ID)


async def test_a_record_that_can_be_read_is_left_alone(store: Store) -> None:
    await store.confirmations.submit(an_order(at=await store.now()))
    with pytest.raises(ReadableError):
        await store.erasure.unreadable_records.erase(ID)
    assert (await store.confirmations.get(ID)).id == ID
