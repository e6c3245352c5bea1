"""Readers of the event streams that are cut off again and again, while many write and Redis restarts, miss and repeat nothing."""

import asyncio
import gc
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from shared.core.errors import StoreUnavailableError
from shared.core.lifecycle.facts import AttemptBegun, CallEnded, Withdrawn
from shared.core.outcome import AttemptResult
from tests.support.valkey import ValkeyServer, start_valkey
from tests.support.webhook.event_reader import Seen, reading, served
from tests.support.webhook.service import Service, make_service, small_body
from tools.ports import free_port

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(120),
    # redis-py leaves the streams of a connection that Redis cut to the garbage collector
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ORDERS = 30
LIMIT_S = 40
_EVENTS_EACH = 4  # queued, calling, attempt_ended or waiting, finished: at least


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[tuple[Service, list[ValkeyServer]]]:
    """The service over a server of its own, whose files outlive it."""
    servers = [start_valkey(tmp_path, port=free_port())]
    made = make_service(servers[0].url)
    async with served(made) as service:
        yield service, servers
    await made.client.aclose()
    await made.store.close()
    servers[-1].process.kill()
    servers[-1].process.wait()
    gc.collect()


async def _restart(servers: list[ValkeyServer]) -> None:
    old = servers[-1]
    old.process.kill()
    await asyncio.to_thread(old.process.wait)
    await asyncio.sleep(0.3)
    servers.append(await asyncio.to_thread(start_valkey, old.folder, port=old.port))


async def _insisting(action: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await action()
            return
        except StoreUnavailableError:
            await asyncio.sleep(0.05)


async def _one_life(service: Service, number: int) -> str:
    """Post an order, let a call fail, take it back; insist while Redis is away."""
    rng = random.Random(number)
    answer = httpx.Response(503)
    while answer.status_code not in {200, 202}:
        answer = await service.client.post("/v1/confirmations", json=small_body(number, phone=f"+383441{number:05}"))
        await asyncio.sleep(rng.uniform(0, 0.05))
    made: str = answer.json()["id"]
    attempt = f"att_{number}"
    apply = service.store.confirmations.apply
    await _insisting(lambda: apply(made, lambda now: AttemptBegun(now, attempt, "+38344000000")))
    await asyncio.sleep(rng.uniform(0, 0.05))
    await _insisting(lambda: apply(made, lambda now: CallEnded(now, attempt, AttemptResult.BUSY, "CA1", 0)))
    await asyncio.sleep(rng.uniform(0, 0.05))
    await _insisting(lambda: apply(made, Withdrawn))
    return made


async def _read_in_pieces(
    service: Service, path: str, start: str, is_all: Callable[[list[Seen]], bool], *, seed: int
) -> list[Seen]:
    """Read a stream to its end, leaving after a few events each time and coming back with the last id."""
    rng, seen = random.Random(seed), list[Seen]()
    while not is_all(seen):
        last = seen[-1].id if seen else start
        headers = {"last-event-id": last} if last else {}
        with suppress(AssertionError, httpx.HTTPError):  # 503 while Redis is away, 204 when all is told
            async with reading(service.client, path, **headers) as events:
                for _ in range(rng.randint(1, 9)):
                    seen.append(await anext(events))
                    if is_all(seen):
                        break
        await asyncio.sleep(0.01)
    return seen


async def _told(service: Service, server: ValkeyServer) -> list[str]:
    """Return the ids of all events of the shop, in the order of its log."""
    async with Redis.from_url(server.url) as redis:
        entries: Any = await redis.xrange("events:shopaz:log")
    return [f"{fields[b'c'].decode()}.{fields[b's'].decode()}" for _, fields in entries]


@pytest.mark.parametrize("restarts", [0, 2])
async def test_a_reader_in_pieces_hears_everything_once_and_in_order(
    live: tuple[Service, list[ValkeyServer]], restarts: int
) -> None:
    service, servers = live

    def knows_all(seen: list[Seen]) -> bool:
        return sum(event.type == "confirmation.finished" for event in seen) == ORDERS

    async with asyncio.timeout(LIMIT_S), asyncio.TaskGroup() as group:
        readers = [group.create_task(_read_in_pieces(service, "/v1/events", "0-1", knows_all, seed=seed)) for seed in (1, 2)]
        lives = [group.create_task(_one_life(service, number)) for number in range(ORDERS)]
        for _ in range(restarts):
            await asyncio.sleep(0.4)
            await _restart(servers)
    told = await _told(service, servers[-1])
    for reader in readers:
        assert [event.data["id"] for event in reader.result()] == told
    assert len({life.result() for life in lives}) == ORDERS
    assert len(told) >= ORDERS * _EVENTS_EACH


async def test_a_connected_reader_lives_through_a_restart_of_redis(live: tuple[Service, list[ValkeyServer]]) -> None:
    service, servers = live
    made = await service.submit(small_body())
    path = f"/v1/confirmations/{made['id']}/events"
    async with asyncio.timeout(LIMIT_S), reading(service.client, path) as of_one, reading(service.client, "/v1/events") as of_shop:
        assert (await anext(of_one)).type == "confirmation.queued"
        await _restart(servers)
        await _insisting(lambda: service.store.confirmations.apply(made["id"], Withdrawn))
        assert [event.type async for event in of_one] == ["confirmation.finished"]
        assert (await anext(of_shop)).type == "confirmation.finished"
