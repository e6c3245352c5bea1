"""An outcome that a consumer group has not acknowledged is not dropped by retention without a word."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.lifecycle.facts import ErasureRequested, Withdrawn
from shared.store import Erased, RetainedUnread, Store, connect
from shared.store.erasure.eraser import UNREAD_GRACE
from tests.support.claimed_reconciliations import claimed_reconciliations
from tests.support.orders import ALWAYS, an_order

pytestmark = pytest.mark.system
LOG = "outcomes:shopaz:log"


@pytest.fixture
async def short(valkey_url: str) -> AsyncIterator[Store]:
    """Return a store whose retention is over at once."""
    opened = connect(valkey_url, replace(ALWAYS, retention_days=0))
    yield opened
    await opened.close()


async def finish(store: Store, *numbers: int) -> None:
    now = await store.now()
    for number in numbers:
        await store.confirmations.submit(an_order(number, at=now))
        await store.confirmations.apply(an_order(number).id, Withdrawn)


async def test_what_no_group_reads_is_erased_in_silence(short: Store) -> None:
    await finish(short, 1)
    assert await short.erasure.eraser.erase_if_over(an_order(1).id) == Erased()


async def test_what_a_group_has_not_been_given_yet_is_kept_and_looked_at_again(short: Store) -> None:
    await short.client.xgroup_create(LOG, "crm", id="0", mkstream=True)
    await finish(short, 1)
    assert await short.erasure.eraser.erase_if_over(an_order(1).id) == RetainedUnread(("crm",))
    assert (await short.confirmations.get(an_order(1).id)).is_finished
    assert await short.client.xlen(LOG) == 1
    again_at = await short.dialing.due.next_reconciliation_at()
    assert again_at is not None
    assert timedelta(hours=23) < again_at - await short.now() < timedelta(hours=25)


async def test_what_was_given_and_not_acknowledged_is_kept_and_erased_once_it_was(short: Store) -> None:
    await short.client.xgroup_create(LOG, "crm", id="0", mkstream=True)
    await finish(short, 1)
    ((_, [(entry_id, _)]),) = await short.client.xreadgroup("crm", "c1", {LOG: ">"})
    assert await short.erasure.eraser.erase_if_over(an_order(1).id) == RetainedUnread(("crm",))
    await short.client.xack(LOG, "crm", entry_id)
    assert await short.erasure.eraser.erase_if_over(an_order(1).id) == Erased()
    assert await short.client.xlen(LOG) == 0


async def test_one_group_that_is_behind_is_enough_and_is_named(short: Store) -> None:
    for group in ("crm", "reports"):
        await short.client.xgroup_create(LOG, group, id="0", mkstream=True)
    await finish(short, 1)
    ((_, [(entry_id, _)]),) = await short.client.xreadgroup("crm", "c1", {LOG: ">"})
    await short.client.xack(LOG, "crm", entry_id)
    assert await short.erasure.eraser.erase_if_over(an_order(1).id) == RetainedUnread(("reports",))


async def test_after_the_grace_it_goes_and_says_who_had_not_read_it(valkey_url: str, short: Store) -> None:
    await short.client.xgroup_create(LOG, "dead", id="0", mkstream=True)
    await finish(short, 1)
    late = connect(valkey_url, replace(ALWAYS, retention_days=-UNREAD_GRACE.days))
    assert await late.erasure.eraser.erase_if_over(an_order(1).id) == Erased(("dead",))
    await late.close()
    assert await short.client.xlen(LOG) == 0


async def test_a_customer_who_is_to_be_forgotten_is_and_it_says_who_had_not_read_it(store: Store) -> None:
    await store.client.xgroup_create(LOG, "crm", id="0", mkstream=True)
    await store.confirmations.submit(an_order(1, at=await store.now()))
    await store.confirmations.apply(an_order(1).id, ErasureRequested)
    assert await claimed_reconciliations(store) == [an_order(1).id]
    assert await store.erasure.eraser.erase_if_over(an_order(1).id) == Erased(("crm",))


async def test_an_entry_that_the_crm_deleted_itself_is_not_unread(short: Store) -> None:
    await short.client.xgroup_create(LOG, "crm", id="0", mkstream=True)
    await finish(short, 1)
    await short.client.xtrim(LOG, maxlen=0, approximate=False)
    assert await short.erasure.eraser.erase_if_over(an_order(1).id) == Erased()


async def test_a_lost_stream_stops_no_erasure(short: Store) -> None:
    await finish(short, 1)
    await short.client.delete(LOG)
    assert await short.erasure.eraser.erase_if_over(an_order(1).id) == Erased()
