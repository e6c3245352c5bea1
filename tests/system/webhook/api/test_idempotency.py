"""One order, one call, however often it is posted, with Twilio's simulator to count: at once, over restarts, after a crash."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from shared.store import keys
from tests.support.sealing import SEALING_KEY
from tests.support.simulators.twilio import ACCOUNT, SHOP, TOKEN, TwilioSimulator, running_twilio
from tests.support.valkey import ValkeyServer, start_valkey
from tests.support.webhook.service import KEY, small_body
from tests.system.dialer_worker.processes import Service, running
from tools.ports import free_port

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

PATH = "/v1/confirmations"
AUTHORIZED = {"authorization": f"Bearer {KEY}"}
LIMIT_S = 45
SETTINGS = {
    "API_KEYS": f"shopaz:{KEY}",
    "SIGNING_SECRET": "s" * 32,
    "ENCRYPTION_KEYS": SEALING_KEY,
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "TWILIO_FROM_NUMBERS": SHOP,
    "CALL_WINDOW": "00:00-24:00",
    "CALL_DAYS": "mon-sun",
    "CALL_HOLIDAYS": "on",
    "CALLS_PER_SECOND": "50",
    "MAX_CONCURRENT_CALLS": "50",
    "MAX_ATTEMPTS": "1",
}


@dataclass
class House:
    """Valkey and the webhook service, which may be killed and started again, the dialer and Twilio."""

    folder: Path
    twilio: TwilioSimulator
    port: int = field(default_factory=free_port)
    servers: list[ValkeyServer] = field(default_factory=list)
    webhook: ExitStack = field(default_factory=ExitStack)
    webhook_pid: int = 0

    @property
    def settings(self) -> dict[str, str]:
        origin = f"http://127.0.0.1:{self.port}"
        return {**SETTINGS, "PUBLIC_URL": origin, "TWILIO_API_URL": self.twilio.origin, "REDIS_URL": self.servers[-1].url}

    def start_valkey(self) -> None:
        port = self.servers[-1].port if self.servers else free_port()
        (self.folder / "valkey").mkdir(exist_ok=True)
        self.servers.append(start_valkey(self.folder / "valkey", port=port))

    def kill_valkey(self) -> None:
        self.servers[-1].process.kill()
        self.servers[-1].process.wait()

    def start_webhook(self) -> None:
        service = running("services.webhook", self.settings, bind="WEBHOOK_BIND", folder=self.folder, port=self.port)
        self.webhook_pid = self.webhook.enter_context(service).process.pid

    def kill_webhook(self) -> None:
        os.kill(self.webhook_pid, signal.SIGKILL)
        self.webhook.close()

    def dialer(self) -> AbstractContextManager[Service]:
        """Place the calls that are due, from now on."""
        return running("services.dialer_worker", self.settings, bind="DIALER_BIND", folder=self.folder)

    def calls(self) -> Counter[str]:
        """Return how many calls each number got."""
        return Counter(call["to"] for call in self.twilio.admin("GET", "/calls")["calls"])


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with running_twilio(tmp_path) as twilio:
        made = House(tmp_path, twilio)
        made.start_valkey()
        made.start_webhook()
        yield made
        made.webhook.close()
        made.kill_valkey()


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=40)
    async with httpx.AsyncClient(base_url=house.settings["PUBLIC_URL"], headers=AUTHORIZED, timeout=10, limits=limits) as made:
        yield made


async def posted(client: httpx.AsyncClient, body: object, key: str = "") -> httpx.Response:
    """Post an order as a shop should: again and again under the same key, until it is answered."""
    headers = {"idempotency-key": key} if key else {}
    while True:
        try:
            answer = await client.post(PATH, json=body, headers=headers)
        except httpx.TransportError:
            await asyncio.sleep(0.05)
            continue
        if answer.status_code != 503:
            return answer
        assert "retry-after" in answer.headers
        await asyncio.sleep(0.05)


async def finished(client: httpx.AsyncClient, count: int) -> list[dict[str, Any]]:
    """Wait until so many confirmations are finished, and return all there are."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            items: list[dict[str, Any]] = (await client.get(PATH, params={"limit": "200"})).json()["items"]
            if sum(item["status"] == "finished" for item in items) >= count:
                return items
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("key", ["", "order-1"], ids=["by the order", "by a key"])
async def test_twenty_identical_posts_at_once_lead_to_one_call(house: House, client: httpx.AsyncClient, key: str) -> None:
    body = small_body()
    house.twilio.script(body["customer"]["phone"], "busy")
    async with asyncio.TaskGroup() as group:
        posts = [group.create_task(posted(client, body, key)) for _ in range(20)]
    answers = [post.result() for post in posts]
    assert len({answer.json()["id"] for answer in answers}) == 1
    replayed = [answer.headers.get("idempotency-replayed") for answer in answers]
    if key:
        assert Counter(replayed) == {None: 1, "true": 19}
        assert {answer.content for answer in answers} == {answers[0].content}
    else:
        assert Counter(answer.status_code for answer in answers) == {202: 1, 200: 19}
    async with Redis.from_url(house.servers[-1].url) as redis:
        assert await redis.zcard("due:dial:normal:shopaz") == 1
    with house.dialer():
        items = await finished(client, 1)
    assert [item["outcome"] for item in items] == ["unreached"]
    assert house.calls() == {body["customer"]["phone"]: 1}
    async with Redis.from_url(house.servers[-1].url) as redis:
        assert await redis.xlen("outcomes:shopaz:log") == 1


async def test_each_order_is_called_once_though_the_service_and_redis_are_killed(house: House, client: httpx.AsyncClient) -> None:
    bodies = [small_body(number, phone=f"+383441000{number:02}") for number in range(30)]
    for body in bodies:
        house.twilio.script(body["customer"]["phone"], "busy")

    async def kill_both() -> None:
        for kill, start in ((house.kill_webhook, house.start_webhook), (house.kill_valkey, house.start_valkey)):
            await asyncio.sleep(0.15)
            await asyncio.to_thread(kill)
            await asyncio.to_thread(start)

    async def three_times(body: dict[str, Any], number: int) -> list[httpx.Response]:
        await asyncio.sleep(number * 0.03)
        async with asyncio.TaskGroup() as group:
            twins = [group.create_task(posted(client, body, f"key-{number}")) for _ in range(3)]
        return [twin.result() for twin in twins]

    async with asyncio.TaskGroup() as group:
        group.create_task(kill_both())
        shops = [group.create_task(three_times(body, number)) for number, body in enumerate(bodies)]
    for shop in shops:
        assert {answer.status_code for answer in shop.result()} == {202}
        assert len({answer.json()["id"] for answer in shop.result()}) == 1
    with house.dialer():
        items = await finished(client, len(bodies))
    assert sorted(item["order"]["id"] for item in items) == sorted(body["order"]["id"] for body in bodies)
    assert house.calls() == dict.fromkeys((body["customer"]["phone"] for body in bodies), 1)


async def test_a_key_left_in_hand_by_a_crash_comes_free_within_half_a_minute(house: House, client: httpx.AsyncClient) -> None:
    """The claim of a bulk is written, and whoever wrote it dies before the answer."""
    items = [small_body(number, phone=f"+383441{number:05}") for number in range(1000)]
    headers = {"idempotency-key": "bulk-1"}
    async with asyncio.TaskGroup() as group, Redis.from_url(house.servers[-1].url) as redis:
        first = group.create_task(_broken_off(client, {"items": items}, headers))
        while not await redis.exists(keys.idempotency("shopaz", "bulk-1")):
            await asyncio.sleep(0)
        house.kill_webhook()  # at once: the bulk is in hand for some tenths of a second
        await first
        assert 0 < await redis.pttl(keys.idempotency("shopaz", "bulk-1")) <= 30_000
        await asyncio.to_thread(house.start_webhook)
        in_hand = await client.post(f"{PATH}/bulk", json={"items": items}, headers=headers)
        assert (in_hand.status_code, in_hand.json()["code"]) == (409, "idempotency_key_in_use")
        assert "retry-after" in in_hand.headers
        await redis.pexpire(keys.idempotency("shopaz", "bulk-1"), 1)  # half a minute later
        await asyncio.sleep(0.05)
        again = await client.post(f"{PATH}/bulk", json={"items": items}, headers=headers, timeout=30)
    assert {result["status"] for result in again.json()["results"]} <= {200, 202}
    replayed = await client.post(f"{PATH}/bulk", json={"items": items}, headers=headers)
    assert (replayed.content, replayed.headers["idempotency-replayed"]) == (again.content, "true")


async def _broken_off(client: httpx.AsyncClient, body: object, headers: dict[str, str]) -> None:
    with pytest.raises(httpx.TransportError):
        await client.post(f"{PATH}/bulk", json=body, headers=headers, timeout=30)
