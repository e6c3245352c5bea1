"""The rules for when a customer may be called, written independently of the product: they check calls and plan none."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from shared.core.confirmation import Confirmation
from shared.core.dialing.dial_policy import DialPolicy
from shared.core.order import Window
from shared.core.outcome import AttemptResult


class Breach(Enum):
    """The breaches that must never happen."""

    OUTSIDE_WINDOW = "calls outside windows"
    ON_A_DAY_OFF = "calls on days off and holidays"
    OVER_BUDGET = "budgets exceeded"
    TOO_SOON = "calls before not_before or the retry delay"
    EXPIRED = "calls after expires_at"
    LEFT_OPEN = "orders left open"


@dataclass(frozen=True, slots=True)
class Place:
    """A customer's number, all zones in which it may be, its country, and the zone that the order names, if any."""

    phone: str
    zones: tuple[str, ...]
    country: str
    named_zone: str | None = None


PLACES = (
    Place("+38344123456", ("Europe/Belgrade",), "XK"),
    Place("+355692123456", ("Europe/Tirane",), "AL"),
    Place("+38970123456", ("Europe/Skopje",), "MK"),
    Place("+442079460000", ("Europe/London",), "GB"),
    Place("+12125551234", ("America/New_York",), "US"),
    Place("+61293744000", ("Australia/Sydney",), "AU"),
    Place("+81312345678", ("Asia/Tokyo",), "JP"),  # no DST
    Place("+38344123457", ("Europe/Belgrade",), "XK", named_zone="Australia/Lord_Howe"),  # DST of half an hour
    Place("+61412345678", ("Australia/Perth", "Australia/Lord_Howe", "Indian/Cocos"), "AU"),  # the outermost of its eight
)


class CallingRules:
    """Checks the calls of one order."""

    def __init__(self, place: Place, confirmation: Confirmation, policy: DialPolicy) -> None:
        self._place = place
        self._wishes = confirmation.call
        self._created_at = confirmation.created_at
        self._policy = policy
        self._budget = min(confirmation.call.max_attempts or 50, policy.max_attempts)
        self._calls = 0

    def note_call(self) -> None:
        """Count a call that Twilio accepted."""
        self._calls += 1

    def breaches(self, before: Confirmation, at: datetime) -> list[Breach]:
        """Return the rules that a call beginning at `at` breaks; `before` is the order's state before it."""
        found = [breach for zone in self._place.zones for breach in self._breaches_in(at.astimezone(ZoneInfo(zone)))]
        if self._calls >= self._budget:
            found.append(Breach.OVER_BUDGET)
        if at < self._earliest(before):
            found.append(Breach.TOO_SOON)
        if self._wishes.expires_at is not None and at >= self._wishes.expires_at:
            found.append(Breach.EXPIRED)
        return found

    def _breaches_in(self, local: datetime) -> list[Breach]:
        operators = _minutes(self._policy.window)
        is_elsewhere = self._place.named_zone is not None  # the order's hours count there, the operator's where the number is
        wished = _minutes(self._wishes.window) if self._wishes.window and not is_elsewhere else operators
        common = range(max(wished.start, operators.start), min(wished.stop, operators.stop))
        minutes = local.hour * 60 + local.minute
        found = [] if minutes in (common or operators) else [Breach.OUTSIDE_WINDOW]
        is_off = local.isoweekday() == 7 or local.date() in _days_off(self._place.country, local.year)
        wished_days = set(self._wishes.days or ()) - {6}  # the operator calls on all days but Sunday
        is_off = is_off or (bool(wished_days) and local.weekday() not in wished_days)
        return [*found, Breach.ON_A_DAY_OFF] if is_off else found

    def _earliest(self, before: Confirmation) -> datetime:
        """Return the earliest time for the next call, by the order's own wish and the pause after its last call."""
        moments = [self._created_at, *([self._wishes.not_before] if self._wishes.not_before else [])]
        last = before.attempts[-1] if before.attempts else None
        if last is None or last.ended_at is None or last.result is None:
            return max(moments)
        wished = last.verdict.callback_at if last.verdict is not None else None
        if last.result is AttemptResult.CALLBACK_REQUESTED and wished is not None and wished > last.ended_at:
            return max([*moments, wished])
        delays = {**self._policy.retry_delays_s, **self._wishes.retry_delays}
        pause_s = delays.get(last.result.value, delays["undecided"])
        return max([*moments, last.ended_at + timedelta(seconds=pause_s)])


def _minutes(window: Window) -> range:
    """Return the minutes of the day that a window holds."""
    behind_last = 24 * 60 if window.end is None else window.end.hour * 60 + window.end.minute
    return range(window.start.hour * 60 + window.start.minute, behind_last)


@cache
def _days_off(country: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=year).keys())
