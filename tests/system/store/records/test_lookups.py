"""Confirmations are found by what a shop knows of them, and leave nothing behind when they are erased."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from shared.core.errors import NotFoundError, StoreUnavailableError
from shared.core.lifecycle.facts import Withdrawn
from shared.core.outcome import Outcome, Status
from shared.store import Speaker, Store, Turn, connect
from shared.store.erasure.eraser import Eraser
from tests.support.orders import ALWAYS, PHONE, an_order, with_phone
from tests.system.store.conftest import CALL

pytestmark = pytest.mark.system


async def submit(store: Store, *numbers: int) -> None:
    now = await store.now()
    await store.confirmations.submit_many([an_order(number, at=now) for number in numbers])


async def listed(store: Store, **conditions: object) -> list[str]:
    page = await store.lookups.list("shopaz", **conditions)  # type: ignore[arg-type] # the conditions of `list`
    return [item.order.id for item in page.items]


async def test_newest_first_page_by_page(store: Store) -> None:
    await submit(store, *range(1, 8))
    seen: list[str] = []
    cursor: str | None = None
    for expected in (3, 3, 1):
        page = await store.lookups.list("shopaz", limit=3, cursor=cursor)
        assert len(page.items) == expected
        seen += [item.order.id for item in page.items]
        cursor = page.next_cursor
    assert cursor is None
    assert seen == [f"A-{number}" for number in range(7, 0, -1)]


async def test_a_full_last_page_has_no_next(store: Store) -> None:
    await submit(store, 1, 2)
    assert (await store.lookups.list("shopaz", limit=2)).next_cursor is None


async def test_by_status_and_outcome_and_order(store: Store) -> None:
    await submit(store, 1, 2, 3)
    await store.confirmations.apply(an_order(1).id, Withdrawn)
    for make_fact in CALL:
        await store.confirmations.apply(an_order(2).id, make_fact)
    assert await listed(store, status=Status.QUEUED) == ["A-3"]
    assert await listed(store, status=Status.FINISHED) == ["A-2", "A-1"]
    assert await listed(store, outcome=Outcome.WITHDRAWN) == ["A-1"]
    assert await listed(store, outcome=Outcome.CONFIRMED, status=Status.FINISHED) == ["A-2"]
    assert await listed(store, outcome=Outcome.CONFIRMED, status=Status.QUEUED) == []
    assert await listed(store, order_id="A-2") == ["A-2"]
    assert await listed(store, order_id="A-2", status=Status.QUEUED) == []
    assert await listed(store, order_id="A-9") == []


async def test_all_confirmations_of_an_order(store: Store) -> None:
    await submit(store, 1)
    await store.confirmations.apply(an_order(1).id, Withdrawn)
    await store.confirmations.submit(replace(an_order(1, at=await store.now()), id=an_order(2).id))
    page = await store.lookups.list("shopaz", order_id="A-1", limit=1)
    assert [item.id for item in page.items] == [an_order(2).id]
    rest = await store.lookups.list("shopaz", order_id="A-1", cursor=page.next_cursor)
    assert [item.id for item in rest.items] == [an_order(1).id]


async def test_another_shop_sees_nothing(store: Store) -> None:
    await submit(store, 1)
    assert (await store.lookups.list("other")).items == ()


async def test_a_caller_is_found_by_number_with_the_newest_open_order_first(store: Store) -> None:
    await submit(store, 1, 2, 3)
    await store.confirmations.submit(an_order(4, at=await store.now(), shop="other"))
    await store.confirmations.submit(with_phone(an_order(5, at=await store.now()), "+38344999999"))
    await store.confirmations.apply(an_order(2).id, Withdrawn)
    assert [item.order.id for item in await store.lookups.find_open_by_phone("shopaz", PHONE)] == ["A-3", "A-1"]
    assert [item.order.id for item in await store.lookups.find_open_by_phone(None, PHONE)] == ["A-4", "A-3", "A-1"]
    assert await store.lookups.find_open_by_phone(None, "+38344000000") == ()


async def test_erasing_leaves_nothing(store: Store) -> None:
    await submit(store, 1)
    for make_fact in CALL:
        await store.confirmations.apply(an_order(1).id, make_fact)
    turn = Turn(attempt=1, position=0, speaker=Speaker.CUSTOMER, text="Po.", at=await store.now())
    await store.transcripts.append(an_order(1).id, [turn])
    assert await store.erasure.eraser.erase(an_order(1).id)
    left = {key.decode() for key in await store.client.keys("*")}
    assert left <= {"events:shopaz:log", "outcomes:shopaz:log", "erasures"}
    assert await store.client.xlen("outcomes:shopaz:log") == 0
    assert not await store.erasure.eraser.erase(an_order(1).id)
    with pytest.raises(NotFoundError):
        await store.confirmations.get(an_order(1).id)


async def test_erasing_one_keeps_the_orders_others(store: Store) -> None:
    await submit(store, 1)
    await store.confirmations.apply(an_order(1).id, Withdrawn)
    await store.confirmations.submit(replace(an_order(1, at=await store.now()), id=an_order(2).id))
    await store.erasure.eraser.erase(an_order(1).id)
    assert await listed(store, order_id="A-1") == ["A-1"]
    assert [item.id for item in await store.lookups.find_open_by_phone(None, PHONE)] == [an_order(2).id]


async def test_erasing_an_order_that_waits_takes_it_out_of_what_is_due(store: Store) -> None:
    await submit(store, 1)
    await store.erasure.eraser.erase(an_order(1).id)
    assert await store.client.keys("due:*") == []


async def test_what_finished_is_erased_when_its_time_is_over_and_not_before(valkey_url: str, store: Store) -> None:
    await submit(store, 1, 2)
    await store.confirmations.apply(an_order(1).id, Withdrawn)
    assert not await store.erasure.eraser.erase_if_over(an_order(1).id)
    short = connect(valkey_url, replace(ALWAYS, retention_days=0))
    assert await short.erasure.eraser.erase_if_over(an_order(1).id)
    assert not await short.erasure.eraser.erase_if_over(an_order(2).id)
    assert not await short.erasure.eraser.erase_if_over(an_order(1).id)
    await short.close()


async def test_a_finished_confirmation_comes_up_for_erasing_after_its_retention(store: Store) -> None:
    await submit(store, 1)
    step = await store.confirmations.apply(an_order(1).id, Withdrawn)
    at = await store.dialing.due.next_reconciliation_at()
    assert at is not None
    assert at - step.confirmation.updated_at >= timedelta(days=30)


@dataclass
class Restless:
    """A client that changes a record after reading it, as many times as `changes` says."""

    client: Redis
    changes: int

    def __getattr__(self, name: str) -> object:
        return getattr(self.client, name)

    async def get(self, key: str) -> bytes:
        stored = bytes(await self.client.get(key) or b"")  # type: ignore[arg-type] # replies are bytes
        if self.changes:
            self.changes -= 1
            _, version, rest = stored.split(b" ", 2)
            await self.client.set(key, b"1 %d %s" % (int(version) + 1, rest))
        return stored


async def test_a_record_that_changes_while_it_is_erased_is_read_again(store: Store) -> None:
    await submit(store, 1, 2)
    assert await Eraser(Restless(store.client, 2), ALWAYS).erase(an_order(1).id)
    with pytest.raises(StoreUnavailableError):
        await Eraser(Restless(store.client, 999), ALWAYS).erase(an_order(2).id)


async def test_no_transcript_is_kept_of_what_is_erased(store: Store) -> None:
    turn = Turn(attempt=1, position=0, speaker=Speaker.CUSTOMER, text="Po.", at=await store.now())
    await store.transcripts.append(an_order(1).id, [turn])
    await store.transcripts.append(an_order(1).id, [])
    assert await store.transcripts.get(an_order(1).id) == []


async def test_turns_come_in_the_order_of_the_conversation_and_a_newer_text_replaces_the_older(store: Store) -> None:
    await submit(store, 1)
    at = await store.now()
    first, second, third = (
        Turn(attempt=attempt, position=position, speaker=Speaker.AGENT, text=f"{attempt}.{position}", at=at)
        for attempt, position in ((1, 2), (1, 10), (2, 0))
    )
    await store.transcripts.append(an_order(1).id, [third, second])
    await store.transcripts.append(an_order(1).id, [first])
    cut = replace(second, text="1.", interrupted=True)
    await store.transcripts.append(an_order(1).id, [cut])
    assert await store.transcripts.get(an_order(1).id) == [first, cut, third]


async def test_the_do_not_call_list_keeps_its_dates(store: Store) -> None:
    first = await store.opt_outs.add("shopaz", PHONE)
    assert await store.opt_outs.add("shopaz", PHONE) == first
    await store.opt_outs.add("shopaz", "+38344999999")
    assert [entry.phone for entry in await store.opt_outs.list("shopaz", limit=1)] == ["+38344999999"]
    assert await store.opt_outs.find("shopaz", PHONE) == first
    assert await store.opt_outs.remove("shopaz", PHONE)
    assert not await store.opt_outs.remove("shopaz", PHONE)
    assert not await store.opt_outs.contains("shopaz", PHONE)
