"""When a callee may be phoned: the window in every zone the number may be in, the days of the week, public holidays."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from heapq import merge
from zoneinfo import ZoneInfo

import holidays

from shared.core.order import Window

_HORIZON_DAYS = 40  # no country has a longer row of days without a working day


@dataclass(frozen=True, slots=True)
class Calendar:
    """The rule for one callee: open only while `window` is open in all of `zones` (IANA names, at least one).

    `weekdays` holds 0 (Monday) to 6; `holiday_country` is ISO 3166, or None if holidays don't matter. `bound` is a rule that must
    be open too, None if there is none.
    """

    window: Window
    zones: tuple[str, ...]
    weekdays: frozenset[int] = field(default_factory=lambda: frozenset(range(7)))
    holiday_country: str | None = None
    bound: "Calendar | None" = None

    def is_open(self, at: datetime) -> bool:
        """Tell whether `at` (aware) lies within the rule in every zone, and within its bound."""
        is_within = self.bound is None or self.bound.is_open(at)
        return is_within and all(self._is_open_in(at.astimezone(ZoneInfo(zone))) for zone in self.zones)

    def next_open(self, at: datetime) -> datetime | None:
        """Return the first open moment from `at` on (aware UTC), or None if the zones have no hour in common."""
        return at if self.is_open(at) else _opening_after(self, at.replace(second=0, microsecond=0))

    @property
    def has_common_hours(self) -> bool:
        """Whether the window is ever open in all zones at once (checked on a day in winter and one in summer)."""
        return all(replace_days(self).next_open(datetime(2026, month, 15, tzinfo=UTC)) is not None for month in (1, 7))

    def _is_open_in(self, local: datetime) -> bool:
        if local.weekday() not in self.weekdays or self._is_holiday(local.date()):
            return False
        clock = local.time()
        return self.window.start <= clock and (self.window.end is None or clock < self.window.end)

    def _is_holiday(self, day: date) -> bool:
        return self.holiday_country is not None and day in _holidays_of(self.holiday_country, day.year)

    def openings(self, at: datetime) -> Iterator[datetime]:
        """Yield, in order, the moments at which the window opens in any zone, or that of the bound, over the horizon."""
        of_bound = self.bound.openings(at) if self.bound is not None else ()
        return merge(*(_openings_in(ZoneInfo(name), self.window.start, at) for name in self.zones), of_bound)


def replace_days(calendar: Calendar) -> Calendar:
    """Return the same window on every day of the week, holidays included."""
    bound = replace_days(calendar.bound) if calendar.bound is not None else None
    return Calendar(window=calendar.window, zones=calendar.zones, bound=bound)


@lru_cache(maxsize=1024)
def in_named_zone(named: str, rule: Calendar, outer: Window) -> Calendar:
    """Return the rule for a number whose order names the zone that its customer is in.

    `rule` has the number's own zones, of which the named one chooses. If it is none of them, the order's hours count in it, and
    the operator's hours `outer` in the number's own zones, so that nobody can name a zone and open the night there. If these
    have no hour in common, `rule` stays.
    """
    if named in rule.zones:
        return replace(rule, zones=(named,))
    same_clock = tuple(zone for zone in rule.zones if _have_same_clock(zone, named))
    both = replace(rule, zones=(named,), bound=replace(rule, zones=same_clock or rule.zones, window=outer))
    return both if both.has_common_hours else rule


@lru_cache(maxsize=4096)
def _have_same_clock(one: str, other: str) -> bool:
    """Tell whether clocks in both zones show the same, as with two names of one zone."""
    moments = (datetime(2026, month, 15, tzinfo=UTC) for month in range(1, 13))
    return all(at.astimezone(ZoneInfo(one)).utcoffset() == at.astimezone(ZoneInfo(other)).utcoffset() for at in moments)


@lru_cache(maxsize=1024)
def _opening_after(calendar: Calendar, minute: datetime) -> datetime | None:
    """Return the first opening after a closed minute; orders that come in one night wait for the same few moments."""
    return next((moment for moment in calendar.openings(minute) if moment > minute and calendar.is_open(moment)), None)


def _openings_in(zone: ZoneInfo, clock: time, at: datetime) -> Iterator[datetime]:
    """Yield, in order, when clocks in `zone` show `clock`, from the day of `at` on; each day is worked out when asked for."""
    first = at.astimezone(zone).date()
    for offset in range(_HORIZON_DAYS):
        yield from _instants(first + timedelta(days=offset), clock, zone)


def _instants(day: date, clock: time, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield when clocks in `zone` show `clock` on `day` (UTC): twice if DST repeats it, the first minute after if DST skips it."""
    first, second = (datetime.combine(day, clock, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        yield first
        if first < second:
            yield second
        return
    while second.astimezone(zone).replace(tzinfo=None) < datetime.combine(day, clock):
        second += timedelta(minutes=1)
    yield second


@lru_cache(maxsize=256)
def _holidays_of(country: str, year: int) -> frozenset[date]:
    """Return the public holidays; a country the library doesn't know has none (the days and hours still hold)."""
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()
