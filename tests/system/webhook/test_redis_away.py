"""While Redis is away or hangs, requests are refused soon and with a hint when to come again; nothing is half done after."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from services.webhook.http.middleware import STORE_LIMIT_S
from shared.core.confirmation import Confirmation
from shared.core.errors import StoreUnavailableError
from shared.store import AuditNote, Store, Submission, set_time_budget
from shared.store.records.confirmations import Confirmations
from shared.store.redis.connection import translated
from tests.support.valkey import ValkeyServer, start_valkey
from tests.support.webhook.service import Service, make_service, small_body
from tools.ports import free_port

pytestmark = [
    pytest.mark.system,
    # redis-py leaves the streams of a connection that Redis cut to the garbage collector
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

KEY = {"idempotency-key": "order-1"}
PATH = "/v1/confirmations"


@pytest.fixture(autouse=True)
def patience() -> None:
    """Leave the limit as it is."""


@pytest.fixture
async def frail(tmp_path: Path) -> AsyncIterator[tuple[Service, list[ValkeyServer]]]:
    """The service over a server of its own, which a test may stop."""
    servers = [start_valkey(tmp_path, port=free_port())]
    service = make_service(servers[0].url)
    async with service.client:
        yield service, servers
    servers[-1].process.send_signal(signal.SIGCONT)
    await service.store.close()
    servers[-1].process.kill()
    servers[-1].process.wait()


def assert_refused(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert int(answer.headers["retry-after"]) > 0


async def made_in_all(service: Service) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await service.client.get(PATH)).json()["items"]
    return items


async def test_a_redis_that_hangs_is_waited_for_a_moment_only(frail: tuple[Service, list[ValkeyServer]]) -> None:
    service, servers = frail
    await service.submit(small_body(1))
    servers[0].process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        posts = [group.create_task(service.client.post(PATH, json=small_body(2), headers=KEY)) for _ in range(10)]
        others = [group.create_task(service.client.get(path)) for path in (PATH, "/v1/opt-outs", "/v1/events")]
    assert time.monotonic() - began < STORE_LIMIT_S + 2
    for task in posts + others:
        assert_refused(task.result())
    servers[0].process.send_signal(signal.SIGCONT)
    again = await service.client.post(PATH, json=small_body(2), headers=KEY)
    assert again.status_code == 202
    assert [item["order"]["id"] for item in await made_in_all(service)] == ["A-2", "A-1"]


async def test_what_was_acknowledged_is_there_after_a_crash_of_redis(frail: tuple[Service, list[ValkeyServer]]) -> None:
    service, servers = frail
    first = await service.client.post(PATH, json=small_body(1), headers=KEY)
    servers[0].process.kill()
    servers[0].process.wait()
    assert_refused(await service.client.post(PATH, json=small_body(1), headers=KEY))
    servers.append(await asyncio.to_thread(start_valkey, servers[0].folder, port=servers[0].port))
    again = await service.client.post(PATH, json=small_body(1), headers=KEY)
    assert (again.status_code, again.json(), again.headers["idempotency-replayed"]) == (202, first.json(), "true")
    assert [item["id"] for item in await made_in_all(service)] == [first.json()["id"]]


class Interrupted:
    """The confirmations of a store that goes away once in the middle of a bulk."""

    def __init__(self, real: Confirmations) -> None:
        self._real = real
        self._handfuls = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    async def submit_many(self, confirmations: Sequence[Confirmation], *, audits: Sequence[AuditNote] = ()) -> list[Submission]:
        self._handfuls += 1
        if self._handfuls == 2:
            raise StoreUnavailableError("redis: gone")
        return await self._real.submit_many(confirmations, audits=audits)


def interrupted(store: Store) -> Store:
    return replace(store, confirmations=cast("Confirmations", Interrupted(store.confirmations)))


async def test_a_bulk_that_broke_off_is_free_to_be_repeated_at_once(valkey_url: str) -> None:
    service = make_service(valkey_url, change_store=interrupted)
    items = [small_body(number) for number in range(120)]
    async with service.client:
        broken = await service.client.post(f"{PATH}/bulk", json={"items": items}, headers=KEY)
        assert_refused(broken)
        again = await service.client.post(f"{PATH}/bulk", json={"items": items}, headers=KEY)
        assert [result["status"] for result in again.json()["results"]] == [200] * 50 + [202] * 70
        replayed = await service.client.post(f"{PATH}/bulk", json={"items": items}, headers=KEY)
        assert (replayed.content, replayed.headers["idempotency-replayed"]) == (again.content, "true")
    await service.store.close()


async def test_patience_is_spent_by_all_that_is_asked_and_can_be_given_anew() -> None:
    async def ask(seconds: float) -> None:
        async with translated():
            await asyncio.sleep(seconds)

    async def impatient() -> None:
        set_time_budget(0.5)
        await ask(0.03)
        with pytest.raises(StoreUnavailableError):
            await ask(0.5)
        with pytest.raises(StoreUnavailableError):
            await ask(0)
        set_time_budget(None)
        await ask(0.6)

    await asyncio.create_task(impatient())  # owned: awaited here
    await ask(0.6)
