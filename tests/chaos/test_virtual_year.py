"""A year of orders breaks no rule, and the check notices if a rule is broken."""

from dataclasses import replace

import pytest

from shared.core.dialing.dial_policy import DialPolicy
from tests.chaos.virtual_year.calling_rules import Breach
from tests.chaos.virtual_year.simulation import POLICY, run_year


@pytest.mark.parametrize("seed", [1, 2026])
def test_through_a_year_nobody_is_called_at_night_too_often_or_never_again(seed: int) -> None:
    report = run_year(2_500, seed=seed)
    assert report.breaches.total() == 0, "\n".join(report.lines())
    assert report.calls > 5_000
    assert report.refused_at_dial_time > 500  # the second check, at the moment of dialing, was needed
    assert len(report.zones) >= 5


@pytest.mark.parametrize(
    ("breach", "policy"),
    [
        (Breach.OUTSIDE_WINDOW, replace(POLICY, zones_of=lambda _: ("UTC",))),
        (Breach.ON_A_DAY_OFF, replace(POLICY, calls_on_holidays=True)),
        (Breach.OVER_BUDGET, replace(POLICY, max_attempts=4)),
        (Breach.TOO_SOON, replace(POLICY, retry_delays_s={**POLICY.retry_delays_s, "no_answer": 1700})),
    ],
)
def test_a_policy_that_breaks_a_rule_is_seen(breach: Breach, policy: DialPolicy) -> None:
    assert run_year(300, seed=1, policy=policy).breaches[breach] > 0
