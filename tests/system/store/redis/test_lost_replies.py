"""Redis did what it was asked, the reply was lost, the client asks again: every write has one effect."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from shared.core.errors import StoreUnavailableError
from shared.store import AlreadyOpen, Created, DialGrant, IdempotencyKey, Store, Turn, connect
from shared.store.records.transcripts import Speaker
from tests.support.orders import ALWAYS, an_order
from tests.support.proxy import LossyProxy, lossy_proxy
from tests.support.valkey import ValkeyServer
from tests.system.store.conftest import CALL, FAST

pytestmark = pytest.mark.system


@pytest.fixture
async def proxy(valkey: ValkeyServer) -> AsyncIterator[LossyProxy]:
    async with lossy_proxy(valkey.port) as running:
        yield running


@pytest.fixture
async def store(proxy: LossyProxy) -> AsyncIterator[Store]:
    opened = connect(proxy.url, ALWAYS, FAST)
    await warmed(opened)
    yield opened
    await opened.close()


async def warmed(store: Store) -> None:
    """Let Redis know all scripts, so that the first EVALSHA is the one that counts."""
    await store.confirmations.submit(an_order(999, at=await store.now()))
    for make_fact in CALL:
        await store.confirmations.apply(an_order(999).id, make_fact)
    await store.dialing.due.admit("warm")


async def test_a_submission_is_taken_in_once(store: Store, proxy: LossyProxy) -> None:
    proxy.lose(1)
    assert isinstance(await store.confirmations.submit(an_order(at=await store.now())), Created)
    assert proxy.lost == 1
    assert len(await store.client.lrange(f"confirmation:{an_order().id}:events", 0, -1)) == 1


async def test_a_submission_with_a_key_is_answered_as_the_first(store: Store, proxy: LossyProxy) -> None:
    proxy.lose(2)
    key = IdempotencyKey("k-1", "d1")
    assert isinstance(await store.confirmations.submit(an_order(at=await store.now()), idempotency=key), Created)
    assert proxy.lost == 2


async def test_many_submissions_are_taken_in_once_each(store: Store, proxy: LossyProxy) -> None:
    now = await store.now()
    proxy.lose(1)
    results = await store.confirmations.submit_many([an_order(number, at=now) for number in range(1, 51)])
    assert {type(result) for result in results} == {Created}
    assert await store.client.zcard("due:dial:normal:shopaz") == 50


async def test_each_step_of_a_call_is_published_once(store: Store, proxy: LossyProxy) -> None:
    await store.confirmations.submit(an_order(at=await store.now()))
    for make_fact in CALL:
        proxy.lose(1)
        step = await store.confirmations.apply(an_order().id, make_fact)
        assert step.is_changed
    assert proxy.lost == len(CALL)
    found = await store.events.of(await store.confirmations.get(an_order().id))
    assert [event.envelope["data"]["sequence"] for event in found] == [1, 2, 3, 4, 5]
    outcomes = await store.client.xrange("outcomes:shopaz:log")
    assert sum(an_order().id.encode() in entry[b"event"] for _, entry in outcomes) == 1


async def test_a_grant_is_given_once(store: Store, proxy: LossyProxy) -> None:
    now = await store.now()
    await store.confirmations.submit_many([an_order(number, at=now) for number in (1, 2)])
    proxy.lose(1)
    grant = await store.dialing.due.admit("n-1")
    assert isinstance(grant, DialGrant)
    assert await store.dialing.due.calls_open() == 1
    assert await store.dialing.due.admit("n-1") == grant
    assert await store.dialing.due.admit("n-2") != grant


async def test_turns_of_a_transcript_stand_once(store: Store, proxy: LossyProxy) -> None:
    now = await store.now()
    await store.confirmations.submit(an_order(at=now))
    turn = Turn(attempt=1, position=0, speaker=Speaker.AGENT, text="Përshëndetje!", at=now)
    await store.transcripts.append(an_order().id, [turn])
    proxy.lose(1)
    await store.transcripts.append(an_order().id, [turn])
    assert await store.transcripts.get(an_order().id) == [turn]


async def test_a_server_that_stays_away_is_an_error_of_the_store(store: Store, proxy: LossyProxy) -> None:
    proxy.lose(10)
    with pytest.raises(StoreUnavailableError):
        await store.confirmations.submit(an_order(at=await store.now()))
    proxy.lose(0)
    repeated = await store.confirmations.submit(an_order(at=await store.now()))
    assert isinstance(repeated, Created)


async def test_another_order_after_a_lost_reply_is_none_of_ours(store: Store, proxy: LossyProxy) -> None:
    now = await store.now()
    await store.confirmations.submit(an_order(1, at=now))
    proxy.lose(1)
    again = await store.confirmations.submit(replace(an_order(1, at=now), id=an_order(2).id))
    assert isinstance(again, AlreadyOpen)
