"""The operator's caps as the scripts take them."""

from shared.core.dialing.caps import Caps

MICRO_USD = 1_000_000
HELD_FOR_S = 10  # an order that a cap holds is due again after this, if nobody plans it before
_PARTS = 96  # a span is counted in so many parts: what was spent is forgotten at most one part too late


def cap_arguments(caps: Caps) -> tuple[int, int, int, int]:
    """Return calls to a number and their span in ms, micro-dollars of a shop and their span in ms; 0 for no limit."""
    calls, spend = caps.calls_per_number, caps.spend_limit
    return (
        0 if calls is None else calls.calls,
        0 if calls is None else calls.span_s * 1000,
        0 if spend is None else int(spend.usd * MICRO_USD),
        0 if spend is None else spend.span_s * 1000,
    )


def part_ms(span_s: int) -> int:
    """Return how long a part of the span is, in whole milliseconds."""
    return max(1, span_s * 1000 // _PARTS)
