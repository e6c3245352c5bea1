"""Who guesses keys must wait; who knows one need not."""

import pytest
from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.auth import ApiKeys
from services.webhook.api.wrong_keys import MAX_WRONG, WrongKeys
from services.webhook.http.problems import ProblemError, ProblemKind
from shared.core.test_data import is_owner_of_tests


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def is_refused(wrong: WrongKeys, address: str) -> bool:
    try:
        wrong.count(address)
    except ProblemError as problem:
        return problem.kind is ProblemKind.TOO_MANY_REQUESTS and 1 <= int(problem.headers["retry-after"]) <= 60
    return False


def test_a_limited_number_a_minute_comes_from_one_address() -> None:
    clock = Clock()
    wrong = WrongKeys(clock=clock)
    assert [is_refused(wrong, "203.0.113.7") for _ in range(MAX_WRONG + 2)] == [False] * MAX_WRONG + [True] * 2
    assert not is_refused(wrong, "203.0.113.8")
    clock.now = 60
    assert not is_refused(wrong, "203.0.113.7")


def test_the_addresses_of_one_ipv6_network_count_together() -> None:
    wrong = WrongKeys()
    assert not any(is_refused(wrong, f"2001:db8::{number}") for number in range(MAX_WRONG))
    assert is_refused(wrong, "2001:db8:0:0:ffff::1")
    assert not is_refused(wrong, "2001:db8:0:1::1")


def test_an_address_counts_however_it_is_written() -> None:
    wrong = WrongKeys()
    assert not any(is_refused(wrong, "::ffff:203.0.113.7") for _ in range(MAX_WRONG))
    assert is_refused(wrong, "203.0.113.7")
    assert not is_refused(wrong, "::ffff:203.0.113.8")


def test_memory_is_bounded_whatever_comes() -> None:
    wrong = WrongKeys()
    for number in range(11_000):
        wrong.count(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(wrong._counts) == 10_000
    assert not is_refused(wrong, "no address")


async def test_a_right_key_passes_from_the_same_address() -> None:
    async def told(_request: Request, shop: str) -> Response:
        return Response(shop)

    secured = ApiKeys({"right": "shopaz"}).secured(told)

    async def status(key: str) -> int:
        scope = {"type": "http", "method": "GET", "path": "/", "client": ("203.0.113.7", 1), "state": {}}
        try:
            return (await secured(Request({**scope, "headers": [(b"authorization", f"Bearer {key}".encode())]}))).status_code
        except ProblemError as problem:
            return problem.kind.status

    assert [await status(f"guess-{number}") for number in range(MAX_WRONG + 1)] == [401] * MAX_WRONG + [429]
    assert await status("right") == 200
    assert await status("guess") == 429


@pytest.mark.parametrize("prefix", ["", "test_"])
def test_the_owner_of_test_data_is_no_shop(prefix: str) -> None:
    caller = ApiKeys({f"{prefix}key": "shopaz"}).caller(f"Bearer {prefix}key")
    assert caller.owner == ("shopaz~test" if prefix else "shopaz")
    assert is_owner_of_tests(caller.owner) is caller.is_test
