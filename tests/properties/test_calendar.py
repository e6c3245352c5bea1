"""Whatever the zones and hours: the next open moment is open, and none before it is."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.core.dialing.calendar import Calendar
from shared.core.order import Window
from tests.unit.shared.core.dialing.test_calendar import MON_SAT

ZONES = ("Europe/Tirane", "Europe/Belgrade", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe")


@given(
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    zones=st.sets(st.sampled_from(ZONES), min_size=1, max_size=2),
    start=st.integers(0, 23),
    length=st.integers(1, 24),
)
def test_the_next_open_moment_is_open_and_none_before_it(moment: datetime, zones: set[str], start: int, length: int) -> None:
    end = start + length
    window = Window(time(start), None if end >= 24 else time(end))
    calendar = Calendar(window, tuple(zones), weekdays=MON_SAT)
    opened = calendar.next_open(moment)
    if opened is None:
        return
    assert calendar.is_open(opened)
    until_then = range(0, min(int((opened - moment).total_seconds()), 200_000), 1800)
    assert not any(calendar.is_open(moment + timedelta(seconds=second)) for second in until_then)
