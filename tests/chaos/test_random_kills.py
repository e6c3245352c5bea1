"""Under fire, and whatever Twilio answers: nobody is called twice and no order is lost."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.faults.random_kills import Plan, run_fence, too_hasty
from tests.chaos.twilio.fake_twilio import HARD

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
SEED = int(os.environ.get("CHAOS_SEED", "1"))
ONE_CALL = {"MAX_ATTEMPTS": "1"}


async def test_under_fire_nobody_is_called_twice_and_no_order_is_lost(tmp_path: Path) -> None:
    moods = replace(HARD, no_callbacks=0)  # each would cost its 21 s; `make chaos` has them
    plan = Plan(seed=SEED, orders=300, kills=20, moods=moods, limit_s=120, settings=ONE_CALL)
    outcome = await run_fence(plan, tmp_path)
    print("\n".join(outcome.lines()))  # noqa: T201 - pytest shows it where the test fails
    assert outcome.judgement.faults == []
    assert outcome.kills.total() == plan.kills
    assert outcome.calls >= plan.orders


async def test_a_settle_time_shorter_than_twilio_is_late_shows_doubles(tmp_path: Path) -> None:
    assert (await run_fence(too_hasty(seed=SEED, orders=12), tmp_path)).judgement.called_twice
