"""A comparison of turns finds what differs, and tells how sure it is."""

import numpy as np
import pytest

from bench.bridge.paired_comparison import compare


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.3])
def test_it_finds_the_factor_through_the_hosts_own_changes(factor: float) -> None:
    chance = np.random.default_rng(7)
    host = np.exp(np.cumsum(chance.normal(0, 0.3, 40)))
    ones, others = (host * np.exp(chance.normal(0, 0.1, 40)) * times for times in (factor, 1.0))
    found = compare(ones, others)
    assert found.low < factor < found.high
    assert found.ratio == pytest.approx(factor, rel=0.1)
    assert found.high / found.low < 1.2


def test_one_wild_turn_changes_little() -> None:
    assert compare([1.0] * 19 + [50.0], [1.0] * 20).ratio == pytest.approx(1.0)


def test_few_turns_have_a_wide_range() -> None:
    chance = np.random.default_rng(3)
    many, few = (compare(np.exp(chance.normal(0, 0.3, count)), [1.0] * count) for count in (50, 4))
    assert many.high - many.low < few.high - few.low
