"""Jobs that never ended run again alone, and are parked after three recoveries; a job ends also if Redis or Twilio is away."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from services.dialer_worker.worker_counts import CountKind
from shared.core.errors import TelephonyError
from shared.core.lifecycle.facts import StreamOpened, VerdictGiven, Withdrawn
from shared.core.outcome import AttemptResult, Outcome, VerdictKind
from shared.store import MAX_RESTARTS, DialGrant, Work
from tests.support.orders import ALWAYS, an_order, verdict
from tests.system.dialer_worker.conftest import ATTEMPT, Bench

pytestmark = pytest.mark.system
ID = an_order().id


async def test_a_job_that_ended_is_forgotten(bench: Bench) -> None:
    await bench.dial()
    assert await bench.store.dialing.crash_counts.begin(Work.DIAL, ID) == 0


async def test_an_order_that_was_begun_too_often_is_parked_and_not_called(bench: Bench) -> None:
    await bench.submit()
    await bench.grant()
    for _ in range(MAX_RESTARTS + 1):
        await bench.store.dialing.crash_counts.begin(Work.DIAL, ID)
    assert (await bench.attend()).attempts == ()
    assert await bench.store.dialing.crash_counts.count() == 1
    assert "parked" in bench.counted(CountKind.CARE)
    await bench.store.dialing.crash_counts.redrive(ID)
    await bench.grant()
    assert len((await bench.attend()).attempts) == 1


async def test_an_order_begun_once_before_is_called_all_the_same(bench: Bench) -> None:
    await bench.submit()
    await bench.grant()
    await bench.store.dialing.crash_counts.begin(Work.DIAL, ID)
    assert len((await bench.attend()).attempts) == 1
    assert await bench.store.dialing.crash_counts.begin(Work.DIAL, ID) == 0


async def test_a_job_ends_also_if_twilio_is_away(bench: Bench) -> None:
    await bench.begin(ago_s=1000)
    bench.twilio.is_down = True
    for _ in range(MAX_RESTARTS + 3):
        with pytest.raises(TelephonyError):
            await bench.attend()
    assert await bench.store.dialing.crash_counts.count() == 0


async def test_a_job_that_waits_to_run_alone_has_not_begun(bench: Bench) -> None:
    """Its lease ends while it waits, and it is claimed again: that must not count as a crash."""
    await bench.begin(ago_s=1000)
    bench.twilio.add("CA1", at=datetime.now(UTC) - timedelta(seconds=1000), to="+38344123456")
    await bench.store.dialing.crash_counts.begin(Work.DIAL, ID)
    async with asyncio.TaskGroup() as group:
        for _ in range(MAX_RESTARTS + 3):
            group.create_task(bench.attend())
    assert await bench.store.dialing.crash_counts.count() == 0


async def parked_for_its_retention(bench: Bench) -> None:
    for _ in range(MAX_RESTARTS + 1):
        await bench.store.dialing.crash_counts.begin(Work.DIAL, ID)
    await bench.store.dialing.crash_counts.park(ID)
    long_ago = await bench.store.now() - timedelta(days=ALWAYS.retention_days, seconds=1)
    await bench.store.client.zadd("due:parked", {ID: long_ago.timestamp() * 1000})


async def test_an_order_parked_for_its_retention_finishes_uncalled_and_is_erased_in_its_time(bench: Bench) -> None:
    await bench.submit()
    await parked_for_its_retention(bench)
    after = await bench.attend(work=Work.RECONCILIATION)
    assert (after.outcome, after.attempts, bench.counted(CountKind.CARE)) == (Outcome.EXPIRED, (), ["retired"])
    assert await bench.store.dialing.crash_counts.count() == 0
    due_ms = await bench.store.client.zscore("due:care", ID)
    wanted = after.updated_at + timedelta(days=ALWAYS.retention_days)
    assert due_ms == pytest.approx(wanted.timestamp() * 1000, abs=10)


async def test_a_decision_in_a_call_that_was_parked_stands_when_its_retention_is_over(bench: Bench) -> None:
    await bench.begin(ago_s=1000)
    decided = verdict(VerdictKind.CONFIRMED, await bench.store.now())
    await bench.store.confirmations.apply(ID, lambda now: VerdictGiven(now, ATTEMPT, decided))
    await parked_for_its_retention(bench)
    assert (await bench.attend(work=Work.RECONCILIATION)).outcome is Outcome.CONFIRMED
    assert bench.twilio.placed == []


async def test_a_call_without_a_decision_that_was_parked_leads_to_no_other(bench: Bench) -> None:
    await bench.begin(ago_s=1000)
    await parked_for_its_retention(bench)
    after = await bench.attend(work=Work.RECONCILIATION)
    assert (after.outcome, after.attempts[-1].result) == (Outcome.WITHDRAWN, AttemptResult.WITHDRAWN)
    assert not isinstance(await bench.store.dialing.due.admit("any"), DialGrant)


async def test_a_parked_call_whose_stream_was_never_closed_is_held_open_by_nobody(bench: Bench) -> None:
    await bench.begin(ago_s=1000)
    await bench.store.confirmations.apply(ID, lambda now: StreamOpened(now, ATTEMPT, "CA1", "MZ1"))
    await parked_for_its_retention(bench)
    after = await bench.attend(work=Work.RECONCILIATION)
    assert (after.outcome, after.attempts[-1].result) == (Outcome.WITHDRAWN, AttemptResult.WITHDRAWN)


async def test_one_that_kills_its_worker_even_then_is_left_parked(bench: Bench) -> None:
    await bench.submit()
    await parked_for_its_retention(bench)
    for _ in range(MAX_RESTARTS + 1):
        await bench.store.dialing.crash_counts.begin(Work.RETIRE, ID)
    assert not (await bench.attend(work=Work.RECONCILIATION)).is_finished
    assert bench.counted(CountKind.CARE) == ["parked"]
    assert await bench.store.dialing.due.claim_reconciliations() == []


async def test_what_could_not_be_erased_is_erased_when_the_fault_is_mended(bench: Bench) -> None:
    await bench.submit()
    await bench.store.confirmations.apply(ID, Withdrawn)
    await bench.store.dialing.crash_counts.park(ID)
    long_ago = timedelta(days=ALWAYS.retention_days + 1)
    record = await bench.store.client.get(f"confirmation:{ID}")
    stamp = (await bench.store.confirmations.get(ID)).updated_at
    old = msgspec.json.encode(stamp)
    assert old in record
    await bench.store.client.set(f"confirmation:{ID}", record.replace(old, msgspec.json.encode(stamp - long_ago)))
    await bench.job.run(ID, Work.RECONCILIATION)
    assert await bench.store.client.exists(f"confirmation:{ID}") == 0
    assert await bench.store.dialing.crash_counts.count() == 0
