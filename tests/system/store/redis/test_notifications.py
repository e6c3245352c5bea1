"""A running call hears of what others change, also after the connection to Redis was lost."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from shared.core.confirmation import Confirmation
from shared.core.lifecycle.facts import CalleeClassified, CallEnded, DisclosurePlayed, Withdrawn
from shared.store import Store, connect
from shared.store.records.confirmation_watch import ConfirmationWatches
from shared.store.redis.connection import NoRetry, open_client
from shared.store.redis.notifications import PING_EVERY_S, Notifications
from tests.support.orders import ALWAYS, an_order
from tests.support.proxy import lossy_proxy
from tests.support.valkey import ValkeyServer, running_valkey
from tests.system.store.conftest import CALL
from tools.ports import free_port

pytestmark = pytest.mark.system


async def soon(waiting: Awaitable[Confirmation]) -> Confirmation:
    async with asyncio.timeout(10):
        return await waiting


@asynccontextmanager
async def listening(store: Store) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(store.notifications.run())
        try:
            yield
        finally:
            running.cancel()


async def in_call(store: Store) -> None:
    await store.confirmations.submit(an_order(at=await store.now()))
    for make_fact in CALL[:3]:
        await store.confirmations.apply(an_order().id, make_fact)


async def test_a_watch_shows_the_confirmation_at_once_and_then_each_change_that_matters(store: Store) -> None:
    await in_call(store)
    async with listening(store), store.confirmation_watches.watch(an_order().id, "att_1") as watch:
        assert (await soon(watch.changed())).open_attempt is not None
        await settled(watch.changed)
        await store.confirmations.apply(an_order().id, lambda now: CalleeClassified(now, "att_1", "machine_start"))
        machine = (await soon(watch.changed())).open_attempt
        assert machine is not None
        assert machine.is_machine
        await store.confirmations.apply(an_order().id, Withdrawn)
        assert (await soon(watch.changed())).withdrawn_at is not None
        await store.confirmations.apply(an_order().id, lambda now: CallEnded(now, "att_1", None))
        assert (await soon(watch.changed())).is_finished


async def test_what_does_not_concern_the_bridge_does_not_notify_it(store: Store) -> None:
    await in_call(store)
    async with listening(store), store.confirmation_watches.watch(an_order().id, "att_1") as watch:
        await settled(watch.changed, quiet_s=1)
        await store.confirmations.apply(an_order().id, lambda now: DisclosurePlayed(now, "att_1"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await watch.changed()


async def test_a_change_during_a_lost_connection_is_seen_when_it_is_back(valkey: ValkeyServer, store: Store) -> None:
    await in_call(store)
    async with lossy_proxy(valkey.port) as proxy:
        bridge = connect(proxy.url, ALWAYS)
        async with listening(bridge), bridge.confirmation_watches.watch(an_order().id, "att_1") as watch:
            await settled(watch.changed)
            proxy.cut()
            await store.confirmations.apply(an_order().id, Withdrawn)
            assert (await soon(watch.changed())).withdrawn_at is not None
        await bridge.close()


async def test_a_watch_can_come_and_go_while_others_stay(store: Store) -> None:
    await in_call(store)
    async with listening(store), store.confirmation_watches.watch(an_order().id, "att_1") as watch:
        async with store.confirmation_watches.watch(an_order().id, "att_1") as second:
            await soon(second.changed())
        await settled(watch.changed)
        await store.confirmations.apply(an_order().id, Withdrawn)
        assert (await soon(watch.changed())).withdrawn_at is not None


async def test_without_a_listener_a_watch_still_shows_the_confirmation(store: Store) -> None:
    await in_call(store)
    async with store.confirmation_watches.watch(an_order().id, "att_1") as watch:
        assert (await soon(watch.changed())).id == an_order().id


async def test_a_lost_message_is_made_up_for_by_looking_anyway(store: Store) -> None:
    await in_call(store)
    watches = ConfirmationWatches(store.notifications, store.confirmations, recheck_after_s=0.05)
    async with watches.watch(an_order().id, "att_1") as watch:
        await soon(watch.changed())
        await store.confirmations.apply(an_order().id, Withdrawn)
        assert (await soon(watch.changed())).withdrawn_at is not None


async def test_a_server_that_falls_silent_is_left_and_found_again(tmp_path: Path) -> None:
    with running_valkey(tmp_path) as server:
        store = connect(server.url, ALWAYS)
        await in_call(store)
        notifications = Notifications(open_client(server.url, retry=NoRetry()), ping_every_s=0.1)
        watches = ConfirmationWatches(notifications, store.confirmations)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(notifications.run())
            async with watches.watch(an_order().id, "att_1") as watch:
                await settled(watch.changed)
                server.process.send_signal(signal.SIGSTOP)
                await asyncio.sleep(0.5)
                async with notifications.subscribe("subscribed to while nobody answers"):
                    server.process.send_signal(signal.SIGCONT)
                    await store.confirmations.apply(an_order().id, Withdrawn)
                    assert (await soon(watch.changed())).withdrawn_at is not None
            running.cancel()
        await notifications.close()
        await store.close()


async def test_a_watch_waits_for_redis_to_come_back(tmp_path: Path) -> None:
    port = free_port()
    store = connect(f"redis://127.0.0.1:{port}/0", ALWAYS)
    with running_valkey(tmp_path, port=port):
        await in_call(store)
    async with store.confirmation_watches.watch(an_order().id, "att_1") as watch, asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(watch.changed())
        await asyncio.sleep(0.1)
        with running_valkey(tmp_path, port=port):
            async with asyncio.timeout(10):
                assert (await waiting).id == an_order().id
            await store.close()


async def settled(changed: object, *, quiet_s: float = 0.2) -> None:
    """Read until nothing comes any more: subscribing itself notifies once or twice."""
    assert callable(changed)
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(quiet_s):
                await changed()


async def test_a_channel_is_subscribed_to_at_once_and_left_at_once(store: Store) -> None:
    async with listening(store):
        async with store.notifications.subscribe("a"):
            await subscribers_are(store, "a", 1)
            async with store.notifications.subscribe("b"):
                await subscribers_are(store, "b", 1)
            await subscribers_are(store, "b", 0)
        await subscribers_are(store, "a", 0)


async def test_no_message_is_lost_while_others_subscribe(store: Store) -> None:
    """A read is interrupted for each change of the subscription, also in the midst of a long message; the connection stays."""
    long = b'{"subject":"cnf_1","text":"%s"}' % (b"x" * 2_000_000)
    async with listening(store), store.notifications.subscribe("a", subject="cnf_1") as notified:
        await subscribers_are(store, "a", 1)
        (before,) = await store.client.client_list(_type="pubsub")
        async with asyncio.TaskGroup() as tasks:
            for _ in range(10):
                notified.clear()
                publishing = tasks.create_task(store.client.publish("a", long))
                while not publishing.done():
                    async with store.notifications.subscribe("b"):
                        await asyncio.sleep(0)
                async with asyncio.timeout(10):
                    await notified.wait()
        (after,) = await store.client.client_list(_type="pubsub")
        assert after["id"] == before["id"]


async def subscribers_are(store: Store, channel: str, count: int) -> None:
    """Wait for a time in which no ping is due: what waits for the next message would not notice."""
    async with asyncio.timeout(PING_EVERY_S / 2):
        while dict(await store.client.pubsub_numsub(channel))[channel.encode()] != count:
            await asyncio.sleep(0.01)
