"""An order that is given up finishes, but never during its call and never twice."""

from dataclasses import replace

import pytest

from services.dialer_worker.calls.give_up import give_up
from shared.core.confirmation import Attempt, Phase
from shared.core.lifecycle.facts import GivenUp
from shared.core.outcome import Direction, Outcome, Status
from tests.support.orders import NOON, an_order


@pytest.mark.parametrize("outcome", [Outcome.UNDIALABLE, Outcome.EXPIRED])
def test_an_order_without_a_call_finishes_with_the_outcome(outcome: Outcome) -> None:
    assert give_up(outcome)(an_order(), NOON) == GivenUp(NOON, outcome)


def test_an_order_in_a_call_is_left_alone() -> None:
    attempt = Attempt(id="att_1", number=1, direction=Direction.OUTBOUND, placed_at=NOON, phase=Phase.PLACED)
    assert give_up(Outcome.UNDIALABLE)(replace(an_order(), attempts=(attempt,)), NOON) is None


def test_a_finished_order_is_left_alone() -> None:
    finished = replace(an_order(), status=Status.FINISHED, outcome=Outcome.CONFIRMED)
    assert give_up(Outcome.EXPIRED)(finished, NOON) is None
