"""The people of the field: the seed draws them, every hundred has every kind, and their steps can be read."""

from collections import Counter

from simulators.customer_script.parsing import parse_script
from tests.field.people import KINDS, people


def test_the_kinds_make_up_a_hundred() -> None:
    assert sum(kind.of_a_hundred for kind in KINDS) == 100


def test_the_same_seed_draws_the_same_people() -> None:
    def drawn(seed: int) -> list[str]:
        return [kind.name for kind, _ in people(50, seed=seed)]

    assert drawn(1) == drawn(1) != drawn(2)


def test_there_are_about_as_many_of_each_kind_as_it_says() -> None:
    counts = Counter(kind.name for kind, _ in people(4000, seed=1))

    assert all(0.5 < counts[kind.name] / (40 * kind.of_a_hundred) < 1.6 for kind in KINDS)


def test_each_has_an_order_of_their_own_and_a_script_that_the_simulator_reads() -> None:
    scenarios = [scenario for _, scenario in people(200, seed=1)]

    assert len({one.order_id for one in scenarios}) == len({one.phone for one in scenarios}) == 200
    assert all(parse_script(one.script()).attempts for one in scenarios)
