"""When the delivery of an event to a webhook endpoint is tried again, and when it is given up."""

from collections.abc import Sequence
from datetime import datetime, timedelta

LIFE = timedelta(hours=24)
"""An event that could not be delivered within this time is a dead letter."""

# The pauses between the tries of one event, in seconds; the last try still falls within the day.
RETRY_DELAYS_S: tuple[float, ...] = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 21_600, 36_000)
_LONGEST_WISH_S = 3600.0


def next_try_at(
    *, tries: int, told_at: datetime, now: datetime, wish_s: float = 0, delays_s: Sequence[float] = RETRY_DELAYS_S
) -> datetime | None:
    """Return when an event of `told_at` is tried again after `tries` failures; None if it is given up.

    `wish_s` is what the receiver asked for by `Retry-After`; at most an hour of it is granted.
    """
    if tries > len(delays_s) or now >= told_at + LIFE:
        return None
    return now + timedelta(seconds=max(delays_s[tries - 1], min(wish_s, _LONGEST_WISH_S)))
