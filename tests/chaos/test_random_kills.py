"""While processes are killed, and whatever Twilio answers: nobody is called twice and no order is lost."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.faults.random_kills import Plan, run_random_kills, settles_too_early
from tests.chaos.twilio.fake_twilio import MANY_FAULTS

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
SEED = int(os.environ.get("CHAOS_SEED", "1"))
ONE_CALL = {"MAX_ATTEMPTS": "1"}


async def test_under_fire_nobody_is_called_twice_and_no_order_is_lost(tmp_path: Path) -> None:
    twilio_faults = replace(MANY_FAULTS, no_callbacks=0)  # each would cost 21 s; `make chaos` includes them
    plan = Plan(seed=SEED, orders=300, kills=20, twilio_faults=twilio_faults, limit_s=120, settings=ONE_CALL)
    outcome = await run_random_kills(plan, tmp_path)
    print("\n".join(outcome.lines()))  # noqa: T201 - pytest shows it if the test fails
    assert outcome.report.faults == []
    assert outcome.kills.total() == plan.kills
    assert outcome.calls >= plan.orders


async def test_a_settle_time_shorter_than_twilio_is_late_shows_doubles(tmp_path: Path) -> None:
    assert (await run_random_kills(settles_too_early(seed=SEED, orders=12), tmp_path)).report.called_twice
