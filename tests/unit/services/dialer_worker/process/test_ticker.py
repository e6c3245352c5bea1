"""The ticker: what is due is enqueued once, and nothing is lost when Redis is away in between."""

from datetime import UTC, datetime, timedelta

import pytest

from services.dialer_worker.process.ticker import MAX_JOBS_WAITING, TICK_S, Ticker
from shared.core.errors import StoreUnavailableError
from shared.store import DialGrant, DialWait, WaitReason

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Due:
    """Grants in order, remembering the nonces; the same nonce gets the same grant again, as in Redis."""

    def __init__(self, *, calls: list[str], reconciliations: list[str], wait: DialWait) -> None:
        self.calls, self.reconciliations, self.wait = calls, reconciliations, wait
        self.granted: dict[str, str] = {}

    async def admit(self, nonce: str) -> DialGrant | DialWait:
        if nonce not in self.granted:
            if not self.calls:
                return self.wait
            self.granted[nonce] = self.calls.pop(0)
        return DialGrant(self.granted[nonce], "shopaz")

    async def claim_reconciliations(self, limit: int = 50) -> list[str]:
        claimed, self.reconciliations = self.reconciliations[:limit], self.reconciliations[limit:]
        return claimed


class Queue:
    def __init__(self, *, depth: int = 0, failures: int = 0) -> None:
        self.jobs: list[str] = []
        self._depth, self._failures = depth, failures

    def enqueue_dial(self, confirmation_id: str) -> None:
        self.enqueue_reconciliation(confirmation_id)

    def enqueue_reconciliation(self, confirmation_id: str) -> None:
        if self._failures:
            self._failures -= 1
            raise StoreUnavailableError("rq: ConnectionError")
        self.jobs.append(confirmation_id)

    def enqueue_deliver(self, endpoint_id: str) -> None:
        self.jobs.append(endpoint_id)

    def depth(self) -> int:
        return self._depth + len(self.jobs)


class Deliveries:
    """Endpoints that are due, claimed once, and no more at once than asked for."""

    def __init__(self, *endpoints: str) -> None:
        self.endpoints = list(endpoints)

    async def claim(self, most_open: int) -> list[str]:
        claimed, self.endpoints = self.endpoints[:most_open], self.endpoints[most_open:]
        return claimed


class Clock:
    async def now(self) -> datetime:
        return NOON


def ticker(due: Due, queue: Queue, deliveries: Deliveries | None = None) -> Ticker:
    return Ticker(due=due, deliveries=deliveries or Deliveries(), max_deliveries=2, queue=queue, clock=Clock())


def many(prefix: str) -> list[str]:
    return [f"{prefix}{number:03}" for number in range(300)]


def nothing_more(until: datetime | None = None) -> DialWait:
    return DialWait(until, WaitReason.NOTHING_DUE)


async def test_reconciliations_and_calls_are_enqueued() -> None:
    due, queue = Due(calls=["cnf_1", "cnf_2"], reconciliations=["cnf_3"], wait=nothing_more()), Queue()
    assert await ticker(due, queue).tick() == TICK_S
    assert queue.jobs == ["cnf_3", "cnf_1", "cnf_2"]


async def test_a_grant_that_could_not_be_enqueued_is_granted_again() -> None:
    due, queue = Due(calls=["cnf_1"], reconciliations=[], wait=nothing_more()), Queue(failures=1)
    one = ticker(due, queue)
    with pytest.raises(StoreUnavailableError):
        await one.tick()
    await one.tick()
    assert queue.jobs == ["cnf_1"]


async def test_the_next_call_is_waited_for_to_the_millisecond_and_never_longer_than_a_tick() -> None:
    soon = Due(calls=[], reconciliations=[], wait=nothing_more(NOON + timedelta(milliseconds=33)))
    late = Due(calls=[], reconciliations=[], wait=nothing_more(NOON + timedelta(hours=1)))
    assert await ticker(soon, Queue()).tick() == pytest.approx(0.033)
    assert await ticker(late, Queue()).tick() == TICK_S


async def test_nothing_more_is_claimed_while_jobs_pile_up() -> None:
    due, queue = Due(calls=["cnf_1"], reconciliations=["cnf_2"], wait=nothing_more()), Queue(depth=MAX_JOBS_WAITING)
    await ticker(due, queue).tick()
    assert queue.jobs == []
    assert due.calls == ["cnf_1"]


async def test_of_many_that_are_due_only_so_many_wait_for_a_worker_as_get_one_before_their_lease_is_over() -> None:
    due, queue = Due(calls=many("cnf_1"), reconciliations=many("cnf_2"), wait=nothing_more()), Queue()
    one = ticker(due, queue)
    for _ in range(20):
        await one.tick()
    assert MAX_JOBS_WAITING <= len(queue.jobs) < 2 * MAX_JOBS_WAITING
    assert {job[:5] for job in queue.jobs} == {"cnf_1", "cnf_2"}

    queue.jobs.clear()
    await one.tick()
    assert queue.jobs


async def test_endpoints_that_are_due_are_enqueued_no_more_at_once_than_allowed() -> None:
    due, queue = Due(calls=["cnf_1"], reconciliations=[], wait=nothing_more()), Queue()
    await ticker(due, queue, Deliveries("whe_1", "whe_2", "whe_3")).tick()
    assert queue.jobs == ["whe_1", "whe_2", "cnf_1"]
