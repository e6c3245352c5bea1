"""Events reach an endpoint signed, in order and at least once; a failing receiver gets a pause; failed messages are kept."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import pytest
from cryptography.fernet import Fernet
from structlog.testing import capture_logs

from services.dialer_worker.crash_guard import CrashGuard
from services.dialer_worker.deliveries.deliverer import UNREADABLE_SECRET, WebhookDeliverer
from services.dialer_worker.deliveries.http_post import open_http_poster
from services.dialer_worker.worker_counts import CountKind, WorkerCount
from shared.core.lifecycle.facts import Withdrawn
from shared.core.lifecycle.shop_event import EventType
from shared.core.webhook_endpoints.endpoint import Endpoint, secret_of
from shared.core.webhook_endpoints.retry_schedule import LIFE
from shared.store import MAX_RESTARTS, Store, Work, connect
from shared.store.records.codec import from_time
from shared.store.webhooks.deliveries import Deliveries
from tests.support.orders import ALWAYS, NOON, an_order, with_phone
from tests.support.receiver import Receiver, running_receiver
from tests.support.sealing import SEALING_KEY
from tests.system.store.conftest import CALL

pytestmark = pytest.mark.system
WHOLE = ["queued", "calling", "in_call", "attempt_ended", "finished"]


@dataclass
class Post:
    """A store, an endpoint in it, and the server behind the endpoint."""

    store: Store
    receiver: Receiver
    endpoint: Endpoint
    counts: list[str]

    async def deliver_when_due(
        self, *, retry_delays_s: Sequence[float] = (0.05, 0.05, 0.05), limit_s: float = 2, max_age: timedelta = LIFE
    ) -> bool:
        """Run one delivery job as soon as the endpoint is due; return False if it does not come due."""
        deliverer = self.deliverer(retry_delays_s=retry_delays_s, max_age=max_age)
        for _ in range(int(limit_s / 0.02)):
            if await self.store.deliveries.claim(1):
                await deliverer.deliver(self.endpoint.id)
                return True
            await asyncio.sleep(0.02)
        return False

    def deliverer(self, *, retry_delays_s: Sequence[float] = (0.05, 0.05, 0.05), max_age: timedelta = LIFE) -> WebhookDeliverer:
        return WebhookDeliverer(
            self.store,
            partial(open_http_poster, allows_private=True),
            crash_guard=CrashGuard(self.store.dialing.crash_counts),
            report_count=self._count,
            retry_delays_s=retry_delays_s,
            max_age=max_age,
        )

    async def finish(self, number: int = 1) -> None:
        """Have an order called and confirmed."""
        order = with_phone(an_order(number, at=await self.store.now()), f"+3834410{number:04}")
        await self.store.confirmations.submit(order)
        for make_fact in CALL:
            await self.store.confirmations.apply(order.id, make_fact)

    async def withdraw(self, *numbers: int) -> None:
        """Have orders taken in and taken back: two events each."""
        now = await self.store.now()
        for number in numbers:
            await self.store.confirmations.submit(an_order(number, at=now))
            await self.store.confirmations.apply(an_order(number).id, Withdrawn)

    def types(self) -> list[str]:
        return [event["type"].removeprefix("confirmation.") for event in self.receiver.events]

    def _count(self, count: WorkerCount) -> None:
        assert count.kind is CountKind.WEBHOOK
        self.counts.append(count.label)


@pytest.fixture
async def post(valkey_url: str) -> AsyncIterator[Post]:
    store = connect(valkey_url, ALWAYS, public_url="https://calls.shop.example", encryption_keys=(SEALING_KEY,))
    store = replace(store, deliveries=Deliveries(store.client, dataschema="https://calls.shop.example/s", circuit_pause_s=0.2))
    async with running_receiver() as receiver:
        receiver.secret = secret_of(bytes(range(32)))
        endpoint = Endpoint(
            id="whe_1", shop="shopaz", url=receiver.url, events=tuple(EventType), secret=receiver.secret, created_at=NOON
        )
        await store.webhooks.save(endpoint)
        yield Post(store, receiver, endpoint, [])
    await store.close()


async def test_all_events_arrive_signed_and_in_order_and_once(post: Post) -> None:
    await post.finish()
    assert await post.deliver_when_due()
    assert post.types() == WHOLE
    last = post.receiver.events[-1]
    assert last["data"]["outcome"] == "confirmed"
    assert last["dataschema"] == "https://calls.shop.example/s"
    assert post.receiver.ids == [f"{an_order(1).id}.{number}" for number in range(1, 6)]
    assert post.receiver.headers[0]["content-type"] == "application/json"
    assert not await post.deliver_when_due(limit_s=0.1)
    assert await post.store.client.keys("webhook:whe_1:*") == []


async def test_only_the_events_that_are_wanted_are_sent(post: Post) -> None:
    await post.store.webhooks.save(replace(post.endpoint, events=(EventType.FINISHED,)))
    await post.finish()
    await post.deliver_when_due()
    assert post.types() == ["finished"]


async def test_what_failed_is_sent_again_with_the_same_id_before_what_follows(post: Post) -> None:
    post.receiver.statuses = [500, 503]
    await post.finish()
    while await post.deliver_when_due(limit_s=0.3):
        pass
    assert post.types() == WHOLE
    assert post.receiver.ids[:3] == [f"{an_order(1).id}.1"] * 3
    assert post.counts == ["failed", "failed", *["delivered"] * 5]


async def test_one_order_that_fails_holds_up_no_other(post: Post) -> None:
    post.receiver.statuses = [500]
    await post.withdraw(1)
    await post.deliver_when_due(retry_delays_s=(60,))
    await post.withdraw(2)
    await post.deliver_when_due(retry_delays_s=(60,))
    assert {event["subject"] for event in post.receiver.events} == {an_order(2).id}
    assert (await post.store.deliveries.counts("whe_1")).pending == 1


async def test_several_orders_are_delivered_side_by_side(post: Post) -> None:
    post.receiver.delay_s = 0.05
    await post.withdraw(*range(1, 9))
    await post.deliver_when_due()
    assert len(post.receiver.events) == 16
    assert 2 <= post.receiver.most_at_once <= 10


async def test_what_cannot_be_delivered_becomes_a_dead_letter_and_can_be_resent(post: Post) -> None:
    post.receiver.always = 500
    await post.withdraw(1)
    while "dead" not in post.counts:
        assert await post.deliver_when_due(retry_delays_s=(0.05,))
    dead = {letter.event_id: letter for letter in await post.store.deliveries.dead_letters("whe_1")}  # the second one may be by now
    first = dead[f"{an_order(1).id}.1"]
    assert (first.tries, first.reason) == (2, "http 500")
    post.receiver.always = 204
    assert await post.store.deliveries.resend("whe_1", [*dead, "cnf_none.1", "nonsense"]) == len(dead)
    while len(post.receiver.events) < 2:
        assert await post.deliver_when_due()
    assert [event["data"]["sequence"] for event in post.receiver.events] == [1, 2]
    assert await post.store.deliveries.dead_letters("whe_1") == []


async def test_after_five_failures_in_a_row_the_endpoint_is_left_alone_but_for_a_probe(post: Post) -> None:
    post.receiver.always = 500
    await post.withdraw(*range(1, 9))
    await post.deliver_when_due(retry_delays_s=(0.01,) * 50)
    assert "circuit_opened" in post.counts
    tried, held_until = len(post.receiver.ids), (await post.store.deliveries.counts("whe_1")).held_until
    assert held_until is not None
    assert await post.deliver_when_due()
    seconds, micros = await post.store.client.time()
    assert from_time(seconds, micros) >= held_until
    assert len(post.receiver.ids) == tried + 1
    post.receiver.always = 204
    while await post.deliver_when_due(limit_s=0.6):
        pass
    assert len(post.receiver.events) == 16
    assert (await post.store.deliveries.counts("whe_1")).held_until is None


async def test_what_waited_a_day_behind_an_open_circuit_is_given_up(post: Post) -> None:
    post.receiver.always = 500
    await post.withdraw(*range(1, 16))
    await post.deliver_when_due(retry_delays_s=(60,) * 10, max_age=timedelta(0))
    dead = await post.store.deliveries.dead_letters("whe_1")
    assert [(letter.tries, letter.reason) for letter in dead] == [(0, "the endpoint took nothing for a day")] * 5


async def test_a_receiver_that_wants_a_pause_gets_it(post: Post) -> None:
    post.receiver.statuses, post.receiver.answer_headers = [429], "retry-after: 60\r\n"
    await post.withdraw(1)
    await post.deliver_when_due()
    assert not await post.deliver_when_due(limit_s=0.3)


async def test_a_redirect_is_not_followed_and_410_disables_the_endpoint(post: Post) -> None:
    post.receiver.statuses, post.receiver.answer_headers = [302, 410], "location: http://127.0.0.1:1/\r\n"
    await post.withdraw(1)
    await post.deliver_when_due()
    await post.deliver_when_due()
    assert (await post.store.webhooks.get("whe_1")).disabled_because == "the receiver answered 410 Gone"
    await post.withdraw(2)
    assert not await post.deliver_when_due(limit_s=0.2)
    await post.store.webhooks.save(post.endpoint)
    assert await post.deliver_when_due()
    assert {event["subject"] for event in post.receiver.events} == {an_order(1).id}


async def test_a_worker_that_died_during_its_job_loses_nothing(post: Post) -> None:
    await post.withdraw(1)
    assert await post.store.deliveries.claim(1) == ["whe_1"]
    assert await post.store.deliveries.claim(1) == []
    for key in ("due:deliver", "deliver:open"):
        await post.store.client.zadd(key, {"whe_1": 1})  # the lease ends
    assert await post.deliver_when_due()
    assert len(post.receiver.events) == 2


async def test_an_event_that_comes_during_a_job_is_not_forgotten(post: Post) -> None:
    await post.withdraw(1)
    assert await post.store.deliveries.claim(1) == ["whe_1"]
    await post.withdraw(2)
    await post.store.deliveries.release("whe_1")
    await post.deliver_when_due()
    assert len(post.receiver.events) == 4


async def test_what_is_erased_is_not_sent_and_leaves_nothing(post: Post) -> None:
    post.receiver.always = 500
    await post.withdraw(1, 2)
    await post.deliver_when_due(retry_delays_s=())
    assert len(await post.store.deliveries.dead_letters("whe_1")) == 4
    await post.store.deliveries.resend("whe_1", [f"{an_order(1).id}.1"])
    await post.store.erasure.eraser.erase(an_order(1).id)
    assert {dead.event_id for dead in await post.store.deliveries.dead_letters("whe_1")} == {
        f"{an_order(2).id}.1",
        f"{an_order(2).id}.2",
    }
    assert await post.store.client.keys("webhook:whe_1:lane*") == []


async def test_a_dropped_endpoint_leaves_nothing_and_its_job_does_no_harm(post: Post) -> None:
    await post.withdraw(1)
    assert await post.store.deliveries.claim(1) == ["whe_1"]
    assert await post.store.webhooks.drop(post.endpoint)
    assert not await post.store.webhooks.drop(post.endpoint)
    await post.deliverer().deliver("whe_1")
    assert [key for key in await post.store.client.keys("*") if b"webhook" in key or b"deliver" in key] == []


async def test_an_endpoint_whose_deliveries_killed_their_workers_is_parked_until_it_is_driven_again(post: Post) -> None:
    await post.finish()
    for _ in range(MAX_RESTARTS + 1):
        await post.store.dialing.crash_counts.begin(Work.DELIVER, "whe_1")
    assert await post.deliver_when_due()
    assert (post.counts, post.types()) == (["parked"], [])
    assert (await post.store.deliveries.counts("whe_1")).is_parked
    await post.finish(2)  # events that come meanwhile wait, too
    assert not await post.deliver_when_due(limit_s=0.2)
    await post.store.dialing.crash_counts.redrive("whe_1")
    assert await post.deliver_when_due()
    assert sorted(post.types()) == sorted(WHOLE * 2)
    assert await post.store.dialing.crash_counts.begin(Work.DELIVER, "whe_1") == 0


async def test_an_endpoint_whose_delivery_killed_its_worker_once_is_delivered_to_all_the_same(post: Post) -> None:
    await post.finish()
    await post.store.dialing.crash_counts.begin(Work.DELIVER, "whe_1")
    assert await post.deliver_when_due()
    assert post.types() == WHOLE
    assert await post.store.client.hlen("due:begun") == 0


async def test_a_parked_endpoint_that_is_dropped_leaves_nothing(post: Post) -> None:
    await post.store.dialing.crash_counts.begin(Work.DELIVER, "whe_1")
    await post.store.dialing.crash_counts.park_endpoint("whe_1")
    assert await post.store.webhooks.drop(post.endpoint)
    assert (await post.store.dialing.crash_counts.count(), await post.store.client.hlen("due:begun")) == (0, 0)


async def test_an_endpoint_whose_secret_cannot_be_opened_backs_off_and_a_new_secret_heals_it(post: Post, valkey_url: str) -> None:
    await post.withdraw(*range(1, 7))
    keyless = connect(
        valkey_url, ALWAYS, public_url="https://calls.shop.example", encryption_keys=(Fernet.generate_key().decode(),)
    )
    sealed, post.store = post.store, replace(keyless, deliveries=post.store.deliveries)
    with capture_logs() as logs:
        assert await post.deliver_when_due(retry_delays_s=(60, 60))
    assert {line["reason"] for line in logs if line["event"] == "webhook_not_delivered"} == {UNREADABLE_SECRET}
    assert not post.receiver.events
    assert {"secret_unreadable", "failed", "circuit_opened"} == set(post.counts)
    assert (await sealed.deliveries.counts("whe_1")).held_until is not None
    assert not await post.deliver_when_due(limit_s=0.1)
    await keyless.webhooks.save(replace(await keyless.webhooks.get("whe_1"), secret=post.receiver.secret))
    while await post.deliver_when_due(retry_delays_s=(60, 60), limit_s=0.3):
        pass
    assert len(post.receiver.events) == 12
    await keyless.close()
