"""The operator's caps over all calls: how often one number is called, and what one shop may spend, in a span of time."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from shared.core.confirmation import Attempt, Confirmation
from shared.core.outcome import Direction, WaitingFor


@dataclass(frozen=True, slots=True)
class CallCap:
    """At most `calls` calls to one number, or from it, within `span_s` seconds, over all shops and orders."""

    calls: int
    span_s: int


@dataclass(frozen=True, slots=True)
class SpendLimit:
    """No call of a shop that has spent `usd` dollars or more within `span_s` seconds."""

    usd: Decimal
    span_s: int


@dataclass(frozen=True, slots=True)
class Caps:
    """Both caps; None sets none. `carrier_usd_per_minute` is what the carrier charges for each minute begun of our calls."""

    calls_per_number: CallCap | None = None
    spend_limit: SpendLimit | None = None
    carrier_usd_per_minute: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Hold:
    """A cap allows the order no call before `until`."""

    until: datetime
    waiting_for: WaitingFor


def spent_usd(confirmation: Confirmation, caps: Caps) -> Decimal:
    """Return what the calls of an order have cost, as far as it is known: the speech model, and the carrier."""
    return sum((_cost_usd(attempt, caps) for attempt in confirmation.attempts), Decimal(0))


def _cost_usd(attempt: Attempt, caps: Caps) -> Decimal:
    model_usd = attempt.cost_usd or Decimal(0)
    if attempt.direction is Direction.INBOUND or not attempt.duration_s:
        return model_usd
    minutes = (Decimal(attempt.duration_s) / 60).to_integral_value(ROUND_CEILING)
    return model_usd + minutes * caps.carrier_usd_per_minute
