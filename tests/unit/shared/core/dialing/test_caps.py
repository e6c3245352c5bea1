"""What the calls of an order cost: the model's part as it was told, the carrier's by the minutes begun."""

from dataclasses import replace
from decimal import Decimal

from shared.core.confirmation import Attempt
from shared.core.dialing.caps import Caps, spent_usd
from shared.core.outcome import Direction
from tests.support.orders import NOON, an_order

CAPS = Caps(carrier_usd_per_minute=Decimal("0.30"))


def cost(*attempts: Attempt) -> Decimal:
    return spent_usd(replace(an_order(), attempts=attempts), CAPS)


def an_attempt(*, duration_s: int | None, model_usd: str | None = None, direction: Direction = Direction.OUTBOUND) -> Attempt:
    cost_usd = None if model_usd is None else Decimal(model_usd)
    return Attempt(id="att_1", number=1, direction=direction, placed_at=NOON, duration_s=duration_s, cost_usd=cost_usd)


def test_each_minute_begun_costs() -> None:
    assert cost(an_attempt(duration_s=60)) == Decimal("0.30")
    assert cost(an_attempt(duration_s=61, model_usd="0.05")) == Decimal("0.65")


def test_a_call_that_nobody_answered_costs_nothing_and_one_to_us_costs_the_model_alone() -> None:
    assert cost(an_attempt(duration_s=None), an_attempt(duration_s=0)) == 0
    assert cost(an_attempt(duration_s=90, model_usd="0.02", direction=Direction.INBOUND)) == Decimal("0.02")
