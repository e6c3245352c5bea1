"""Nobody is phoned outside the window, in any zone the number may be in, across DST, weekends and holidays."""

from datetime import UTC, datetime, time, timedelta

import pytest

from shared.core.dialing.calendar import Calendar
from shared.core.order import Window

DAY = Window(time(9), time(20))
MON_SAT = frozenset(range(6))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_window_is_open_from_its_start_to_before_its_end() -> None:
    calendar = Calendar(DAY, ("Europe/Tirane",))  # UTC+1 in winter
    assert not calendar.is_open(at("2026-11-23T07:59:59"))
    assert calendar.is_open(at("2026-11-23T08:00:00"))
    assert calendar.is_open(at("2026-11-23T18:59:59"))
    assert not calendar.is_open(at("2026-11-23T19:00:00"))


def test_a_window_without_an_end_goes_on_to_midnight() -> None:
    calendar = Calendar(Window(time(22)), ("UTC",))
    assert calendar.is_open(at("2026-11-23T23:59:59.999"))
    assert not calendar.is_open(at("2026-11-24T00:00"))


def test_an_open_moment_is_its_own_next() -> None:
    assert Calendar(DAY, ("UTC",)).next_open(at("2026-11-23T12:34:56")) == at("2026-11-23T12:34:56")


def test_after_hours_the_next_is_tomorrows_start() -> None:
    assert Calendar(DAY, ("Europe/Tirane",)).next_open(at("2026-11-23T21:00")) == at("2026-11-24T08:00")


def test_several_zones_are_open_only_together() -> None:
    calendar = Calendar(DAY, ("Europe/Lisbon", "Europe/Athens"))  # 09-20 and 07-18 in UTC
    assert calendar.next_open(at("2026-11-23T07:30")) == at("2026-11-23T09:00")
    assert not calendar.is_open(at("2026-11-23T18:30"))


def test_zones_without_a_common_hour_are_never_open() -> None:
    calendar = Calendar(Window(time(9), time(12)), ("America/New_York", "Asia/Tokyo"))
    assert not calendar.has_common_hours
    assert calendar.next_open(at("2026-11-23T12:00")) is None


def test_zones_with_a_common_hour_have_one_whatever_the_days() -> None:
    assert Calendar(DAY, ("Europe/Tirane",), weekdays=frozenset()).has_common_hours


def test_days_off_are_passed_over() -> None:
    calendar = Calendar(DAY, ("UTC",), weekdays=MON_SAT)
    assert calendar.next_open(at("2026-11-22T12:00")) == at("2026-11-23T09:00")  # a Sunday


def test_public_holidays_of_the_country_are_passed_over() -> None:
    calendar = Calendar(DAY, ("Europe/Tirane",), holiday_country="AL")
    assert not calendar.is_open(at("2026-11-28T12:00"))  # Flag Day
    assert calendar.is_open(at("2026-11-27T12:00"))


def test_a_country_without_a_list_of_holidays_has_none() -> None:
    calendar = Calendar(DAY, ("UTC",), holiday_country="ZZ")
    assert calendar.is_open(at("2026-12-25T12:00"))


def test_the_window_keeps_to_the_clock_on_the_wall_across_dst() -> None:
    calendar = Calendar(DAY, ("Europe/Tirane",))
    assert calendar.next_open(at("2026-03-28T22:00")) == at("2026-03-29T07:00")  # summer time has begun
    assert calendar.next_open(at("2026-10-24T22:00")) == at("2026-10-25T08:00")  # and ended


def test_a_start_that_dst_skips_is_the_first_instant_after_the_gap() -> None:
    calendar = Calendar(Window(time(2, 30), time(4)), ("Europe/Tirane",))
    assert calendar.next_open(at("2026-03-29T00:00")) == at("2026-03-29T01:00")  # 03:00 on the wall


def test_a_start_that_dst_repeats_opens_twice() -> None:
    calendar = Calendar(Window(time(2, 30), time(2, 45)), ("Europe/Tirane",))
    assert calendar.next_open(at("2026-10-25T00:00")) == at("2026-10-25T00:30")
    assert calendar.next_open(at("2026-10-25T00:50")) == at("2026-10-25T01:30")


@pytest.mark.parametrize("zone", ["America/Santiago", "Africa/Cairo"])
def test_where_dst_skips_midnight_the_day_begins_after_it(zone: str) -> None:
    calendar = Calendar(Window(time(0), time(3)), (zone,))
    day = at("2026-01-01T12:00")
    for _ in range(365):
        opened = calendar.next_open(day)
        assert opened is not None
        assert opened - day < timedelta(hours=25)
        day += timedelta(days=1)
