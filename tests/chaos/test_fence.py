"""Whoever dies while a call is placed, and whatever Twilio answers: nobody is called twice and no order is lost."""

import os
from pathlib import Path

import pytest

from tests.chaos.crash import crash_everywhere
from tests.chaos.fake_twilio import HARD, Moods
from tests.chaos.fence import Plan, run_fence
from tests.chaos.freeze import DIALER, WITHOUT_DEADLINE, freeze_workers
from tests.chaos.tripwire import CAN_TELL_PEERS

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
SEED = int(os.environ.get("CHAOS_SEED", "1"))
on_linux = pytest.mark.skipif(not CAN_TELL_PEERS, reason="only Linux tells which process a connection belongs to")


async def test_under_fire_nobody_is_called_twice_and_no_order_is_lost(tmp_path: Path) -> None:
    plan = Plan(seed=SEED, orders=300, kills=20, limit_s=120, settings={"MAX_ATTEMPTS": "1"})
    outcome = await run_fence(plan, tmp_path)
    print("\n".join(outcome.lines()))  # noqa: T201 - pytest shows it where the test fails
    assert outcome.judgement.faults == []
    assert outcome.kills.total() == plan.kills
    assert outcome.calls >= plan.orders


async def test_a_settle_time_shorter_than_twilio_is_late_shows_doubles(tmp_path: Path) -> None:
    late = Moods(accepted_silent=HARD.accepted_silent, accepts_after_s=(0.8, 1.6))
    settings = {"MAX_ATTEMPTS": "1", "RECONCILE_AFTER_S": "0.2"}
    plan = Plan(seed=SEED, orders=6, kills=0, moods=late, trees=1, workers=16, fsync_ms=0, limit_s=30, settings=settings)
    assert (await run_fence(plan, tmp_path)).judgement.called_twice


@on_linux
async def test_a_worker_killed_at_any_step_of_a_placing_calls_nobody_twice_and_loses_no_order(tmp_path: Path) -> None:
    crashes = await crash_everywhere(tmp_path)
    assert crashes.missed == []
    assert crashes.judgement.faults == []
    assert len(crashes.points) > 60


@on_linux
async def test_a_worker_that_slept_after_its_intent_calls_nobody(tmp_path: Path) -> None:
    assert (await freeze_workers(tmp_path, module=DIALER, orders=4)).faults == []


@on_linux
async def test_without_the_deadline_it_would_and_that_is_seen(tmp_path: Path) -> None:
    assert (await freeze_workers(tmp_path, module=WITHOUT_DEADLINE, orders=4)).called_twice
