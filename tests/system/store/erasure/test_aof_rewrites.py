"""What was erased goes out of Redis's append-only file too, by a rewrite that is not repeated at once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from shared.core.lifecycle.facts import Withdrawn
from shared.store import Rewrite, Store, connect, keys
from shared.store.erasure.aof_rewrites import AofRewrites
from tests.support.orders import ALWAYS, an_order
from tests.support.valkey import ValkeyServer, running_valkey

pytestmark = pytest.mark.system


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ValkeyServer]:
    with running_valkey(tmp_path) as running:
        yield running


@pytest.fixture
async def fresh(server: ValkeyServer) -> AsyncIterator[Store]:
    store = connect(server.url, ALWAYS)
    yield store
    await store.close()


async def erase_one(store: Store, number: int) -> None:
    order = an_order(number, at=await store.now())
    await store.confirmations.submit(order)
    await store.confirmations.apply(order.id, Withdrawn)
    assert (await store.erasure.customers.erase(order.shop, order.customer.phone)).erased == 1


async def test_an_erased_customer_is_in_no_file_of_redis_after_the_rewrite(fresh: Store, server: ValkeyServer) -> None:
    order = an_order(1, at=await fresh.now())
    await fresh.confirmations.submit(order)
    await fresh.confirmations.apply(order.id, Withdrawn)
    await fresh.erasure.customers.erase(order.shop, order.customer.phone)
    assert holds(server, order.customer.phone)
    assert await fresh.erasure.aof_rewrites.rewrite_if_wanted() is Rewrite.STARTED
    async with asyncio.timeout(10):
        while holds(server, order.customer.phone):
            await asyncio.sleep(0.05)


async def test_rewrites_are_minutes_apart_and_no_erasure_is_left_out(fresh: Store) -> None:
    rewrites = AofRewrites(fresh.client, pause=timedelta(seconds=1))
    assert await rewrites.rewrite_if_wanted() is Rewrite.NOT_WANTED
    await erase_one(fresh, 1)
    assert await rewrites.rewrite_if_wanted() is Rewrite.STARTED
    await erase_one(fresh, 2)
    assert await rewrites.rewrite_if_wanted() is Rewrite.NOT_WANTED
    async with asyncio.timeout(10):
        while await rewrites.rewrite_if_wanted() is not Rewrite.STARTED:
            await asyncio.sleep(0.1)
    assert await fresh.client.get(keys.ERASURES) == b"0"


async def test_a_redis_without_such_a_file_writes_none(fresh: Store, server: ValkeyServer) -> None:
    await fresh.client.config_set("appendonly", "no")
    await erase_one(fresh, 1)
    assert await fresh.erasure.aof_rewrites.rewrite_if_wanted() is Rewrite.NO_FILE


async def test_a_user_without_the_right_is_told_apart(fresh: Store, server: ValkeyServer) -> None:
    await erase_one(fresh, 1)
    await fresh.client.execute_command("ACL", "SETUSER", "dialer", "on", ">secret", "~*", "&*", "+@all", "-bgrewriteaof")
    poor = connect(server.url.replace("//", "//dialer:secret@"), ALWAYS)
    try:
        assert await poor.erasure.aof_rewrites.rewrite_if_wanted() is Rewrite.NOT_PERMITTED
    finally:
        await poor.close()


def holds(server: ValkeyServer, text: str) -> bool:
    """Tell whether a file of the server's holds the text."""
    return any(text.encode() in path.read_bytes() for path in server.folder.rglob("*.aof"))
