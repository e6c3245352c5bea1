"""The people of the field: what each kind does on the phone, how many in a hundred there are, and the outcome that they mean."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.support.scenarios.scenario import Expected, Scenario

_UNDECIDED = "unreached"
_NO_RETRY: Mapping[str, object] = {"call": {"max_attempts": 1}}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of person: their steps as in tests/scenarios, the outcome that they mean, and how many of a hundred they are."""

    name: str
    steps: tuple[str, ...]
    means: str
    of_a_hundred: int
    is_silent: bool = False
    """Whether they let our questions pass in silence, so that a long silence is theirs."""


KINDS: tuple[Kind, ...] = (
    Kind("confirms", ("listen", "say hello", "listen", "say confirm"), "confirmed", 34),
    Kind("confirms by a yes", ("listen", "say hello 1", "listen", "say yes 2"), "confirmed", 10),
    Kind("cancels", ("listen", "say hello", "listen", "say cancel", "listen", "say yes"), "cancelled", 12),
    Kind(
        "begins to cancel, then confirms",
        ("listen", "say hello", "listen", "say cancel", "listen", "say no 1", "listen", "say confirm 1"),
        "confirmed",
        4,
    ),
    Kind("wants a change", ("listen", "say yes", "listen", "say change", "listen", "say yes"), "change_requested", 6),
    Kind("wants a later call", ("listen", "say hello", "listen", "say callback"), _UNDECIDED, 4),
    Kind("is the wrong number", ("listen", "say wrong_number"), "wrong_number", 4),
    Kind("wants no such calls", ("listen", "say opt_out"), "opted_out", 3),
    Kind("presses 1", ("listen", "press 1"), "confirmed", 5),
    Kind("presses 2 over the speech", ("listen", "say hello", "interrupt 1500", "press 2"), "cancelled", 4),
    Kind("interrupts the details", ("listen", "say hello 2", "interrupt 1200", "say confirm 2"), "confirmed", 5),
    Kind("coughs, then confirms", ("listen", "say hello", "listen", "cough", "listen", "say confirm"), "confirmed", 3),
    Kind("asks again, then confirms", ("listen", "say hello", "listen", "say repeat", "listen", "say confirm"), "confirmed", 3),
    Kind("says nothing", ("stay",), _UNDECIDED, 3, is_silent=True),
)


def people(count: int, *, seed: int) -> Iterator[tuple[Kind, Scenario]]:
    """Yield that many people, in an order that the seed draws, each with the scenario of their call."""
    chance = random.Random(f"people/{seed}")
    for number in range(1, count + 1):
        (kind,) = chance.choices(KINDS, [one.of_a_hundred for one in KINDS])
        expect = Expected(outcome=kind.means)
        yield kind, Scenario(person=kind.steps, order=dict(_NO_RETRY), expect=expect, name=kind.name, topic="field", number=number)
