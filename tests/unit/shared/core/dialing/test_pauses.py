"""The pause before the next call: never too short, a little longer by chance that is no chance, and none for test orders."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from shared.core.confirmation import Attempt, Confirmation, Phase
from shared.core.dialing.dial_policy import DialAt, DialNow, decide, jitter_s
from shared.core.order import Window
from shared.core.outcome import AttemptResult, Direction
from tests.support.orders import ALWAYS, NOON, after, an_order

SPREAD = replace(ALWAYS, retry_jitter=0.02)


def ended(number: int = 1) -> Attempt:
    return Attempt(
        id=f"att_{number}",
        number=number,
        direction=Direction.OUTBOUND,
        placed_at=NOON,
        phase=Phase.ENDED,
        ended_at=NOON,
        result=AttemptResult.BUSY,
    )


def a_test_order(**changes: object) -> Confirmation:
    return replace(an_order(), is_test=True, **changes)  # type: ignore[arg-type] # fields by name


def test_a_pause_grows_by_a_share_that_is_the_same_each_time() -> None:
    pauses = [jitter_s(an_order(number), ended(), SPREAD, 300) for number in range(200)]
    assert pauses == [jitter_s(an_order(number), ended(), SPREAD, 300) for number in range(200)]
    assert 0 <= min(pauses) < 1
    assert 5 < max(pauses) <= 6
    assert len({round(pause, 3) for pause in pauses}) > 150


def test_two_attempts_of_an_order_are_spread_apart_too() -> None:
    assert jitter_s(an_order(), ended(1), SPREAD, 300) != jitter_s(an_order(), ended(2), SPREAD, 300)


def test_it_never_grows_by_more_than_a_minute() -> None:
    assert max(jitter_s(an_order(number), ended(), SPREAD, 100_000) for number in range(200)) <= 60


@pytest.mark.parametrize("pause_s", [1, 29])
def test_short_pauses_are_kept_to_the_second(pause_s: int) -> None:
    assert jitter_s(an_order(), ended(), SPREAD, pause_s) == 0


def test_the_next_call_is_never_early() -> None:
    for number in range(50):
        order = replace(an_order(number), attempts=(ended(),))
        planned = decide(order, SPREAD, after(1))
        assert isinstance(planned, DialAt)
        assert planned.at is not None
        assert after(300) <= planned.at <= after(306)


def test_a_test_order_is_called_at_night_too() -> None:
    office = replace(ALWAYS, window=Window(time(9), time(10)), weekdays=frozenset({0}))
    assert decide(a_test_order(), office, datetime(2026, 11, 22, 3, tzinfo=UTC) + timedelta(days=7)) == DialNow()
