"""Erasures lead to a rewrite of Redis's file; what Redis refuses for good is told once."""

from collections.abc import Sequence

from structlog.testing import capture_logs

from services.dialer_worker.process.erasures import ErasureRewrites
from shared.core.errors import StoreUnavailableError
from shared.store import Rewrite


async def _events(*results: Rewrite | StoreUnavailableError) -> Sequence[str]:
    coming = list(results)

    async def rewrite_if_wanted() -> Rewrite:
        result = coming.pop(0)
        if isinstance(result, StoreUnavailableError):
            raise result
        return result

    rewrites = ErasureRewrites(rewrite_if_wanted)
    with capture_logs() as lines:
        for _ in results:
            await rewrites.look()
    return [line["event"] for line in lines]


async def test_a_rewrite_is_logged() -> None:
    assert await _events(Rewrite.NOT_WANTED, Rewrite.STARTED, Rewrite.POSTPONED, Rewrite.NO_FILE) == ["aof_rewrite_started"]


async def test_a_user_without_the_right_is_logged_once_and_is_not_fatal() -> None:
    assert await _events(Rewrite.NOT_PERMITTED, Rewrite.NOT_PERMITTED) == ["aof_rewrite_not_permitted"]


async def test_while_redis_is_away_it_is_tried_again() -> None:
    found = await _events(StoreUnavailableError("redis: away"), Rewrite.STARTED)
    assert found[-1] == "aof_rewrite_started"
