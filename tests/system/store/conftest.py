"""A store on a real server, and the steps of a call."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime

import pytest

from shared.core.lifecycle.facts import AttemptBegun, CallAnswered, CallEnded, CallPlaced, Fact, VerdictGiven
from shared.core.outcome import VerdictKind
from shared.store import Limits, Store, connect
from tests.support.orders import ALWAYS, verdict
from tests.support.sealing import SEALING_KEY

FAST = Limits(calls_per_second=100_000, max_concurrent_calls=1000)

CALL: tuple[Callable[[datetime], Fact], ...] = (
    lambda now: AttemptBegun(now, "att_1", "+38344000000"),
    lambda now: CallPlaced(now, "att_1", "CA1"),
    lambda now: CallAnswered(now, "att_1", "CA1"),
    lambda now: VerdictGiven(now, "att_1", verdict(VerdictKind.CONFIRMED, now)),
    lambda now: CallEnded(now, "att_1", None, "CA1", 30),
)


@pytest.fixture
async def store(valkey_url: str) -> AsyncIterator[Store]:
    opened = connect(valkey_url, ALWAYS, FAST, encryption_keys=(SEALING_KEY,))
    yield opened
    await opened.close()
