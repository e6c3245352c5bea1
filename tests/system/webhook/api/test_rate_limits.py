"""A key may make so many requests; each answer says how many are left."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from shared.settings.parsers import Rate
from shared.store import RateLimits, Store, connect
from tests.support.orders import ALWAYS
from tests.support.webhook.service import OTHER_KEY, Service, make_service

pytestmark = pytest.mark.system
Make = Callable[[str], Awaitable[Service]]


@pytest.fixture
async def make(valkey_url: str) -> AsyncIterator[Make]:
    made: list[Service] = []

    async def limited(rate: str) -> Service:
        made.append(make_service(valkey_url, RATE_LIMIT=rate))
        return made[-1]

    yield limited
    for service in made:
        await service.client.aclose()
        await service.store.close()


async def test_the_answers_say_what_is_left(make: Make) -> None:
    service = await make("5/60")
    answer = await service.client.get("/v1/confirmations")
    assert answer.headers["ratelimit-policy"] == '"default";q=5;w=60'
    assert re.fullmatch(r'"default";r=4;t=\d+', answer.headers["ratelimit"])
    refused = await service.client.get("/v1/confirmations?limit=0")
    assert refused.status_code == 400
    assert refused.headers["ratelimit"].startswith('"default";r=3;')
    missing = await service.client.get("/v1/confirmations/cnf_none")
    assert missing.status_code == 404
    assert missing.headers["ratelimit"].startswith('"default";r=2;')


async def test_a_fault_of_ours_says_it_too(make: Make) -> None:
    service = await make("5/60")
    confirmation_id = f"cnf_{'0' * 26}"
    await service.store.client.set(f"confirmation:{confirmation_id}", "nonsense")
    answer = await service.client.get(f"/v1/confirmations/{confirmation_id}")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.headers["ratelimit"].startswith('"default";r=4;')


async def test_one_more_than_allowed_is_refused_and_told_when_to_come_back(make: Make) -> None:
    service = await make("5/60")
    statuses = [(await service.client.get("/v1/confirmations")).status_code for _ in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    answer = await service.client.get("/v1/confirmations")
    assert answer.json()["code"] == "too_many_requests"
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["ratelimit"].startswith('"default";r=0;')


async def test_each_key_has_its_own(make: Make) -> None:
    service = await make("1/60")
    assert (await service.client.get("/v1/confirmations")).status_code == 200
    other = await service.client.get("/v1/confirmations", headers={"authorization": f"Bearer {OTHER_KEY}"})
    second = await service.client.get("/v1/confirmations", headers={"authorization": "Bearer second-key-of-shopaz"})
    assert [other.status_code, second.status_code] == [200, 200]


async def test_two_processes_share_one_limit(make: Make) -> None:
    services = [await make("300/60"), await make("300/60")]
    granted = 0
    for number in range(700):
        granted += (await services[number % 2].client.get("/v1/nothing/x")).status_code != 429
        granted += (await services[number % 2].client.get("/v1/opt-outs")).status_code == 200
    assert 700 + 294 <= granted <= 700 + 300  # unknown paths are nobody's; a handful of three may be left in each hand


async def test_it_can_be_off(make: Make) -> None:
    answer = await (await make("off")).client.get("/v1/confirmations")
    assert "ratelimit" not in answer.headers


async def test_redis_is_asked_once_for_a_handful(store_of: Store) -> None:
    limits = RateLimits(store_of.client, Rate(1000, 60))
    await limits.take("key")
    before = int((await store_of.client.info("commandstats")).get("cmdstat_evalsha", {"calls": 0})["calls"])
    for _ in range(9):
        assert (await limits.take("key")).is_allowed
    assert int((await store_of.client.info("commandstats")).get("cmdstat_evalsha", {"calls": 0})["calls"]) == before


async def test_while_redis_is_away_it_is_whoever_answers_that_says_so() -> None:
    service = make_service("redis://127.0.0.1:1/0", RATE_LIMIT="5/60")
    answer = await service.client.get("/v1/confirmations")
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    await service.client.aclose()
    await service.store.close()


@pytest.fixture
async def store_of(valkey_url: str) -> AsyncIterator[Store]:
    opened = connect(valkey_url, ALWAYS)
    yield opened
    await opened.close()
