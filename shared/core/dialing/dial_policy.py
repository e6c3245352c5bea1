"""Whether and when an order is called next. Pure: the clock is an argument."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from hashlib import blake2b
from typing import NamedTuple

from shared.core.confirmation import Attempt, Confirmation
from shared.core.dialing.calendar import Calendar, in_named_zone
from shared.core.dialing.caps import Caps, Hold
from shared.core.order import Window
from shared.core.outcome import AttemptResult, Outcome, WaitingFor

CALLBACK_WITHIN = timedelta(days=30)  # a time that the customer cannot have meant follows the usual pause
CALLBACK_LATE = timedelta(minutes=15)  # a time that has just passed means at once
JITTER_FROM_S = 30  # shorter pauses are kept to the second
JITTER_MOST_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DialPolicy:
    """The settings that decide about calls. Delays are whole seconds after the call's end, by attempt result.

    `retry_jitter` is the share of a pause by which it may grow, so that calls that ended together aren't repeated together.
    `zones_of` and `country_of` map an E.164 number to its IANA zones and ISO 3166 country.
    """

    window: Window
    weekdays: frozenset[int]
    calls_on_holidays: bool
    default_timezone: str
    max_attempts: int
    retry_delays_s: Mapping[str, int]
    ring_timeout_s: int
    call_time_limit_s: int
    hangup_grace_s: float
    reconcile_after_s: float
    retention_days: float
    zones_of: Callable[[str], tuple[str, ...]] = field(repr=False)
    country_of: Callable[[str], str | None] = field(repr=False)
    retry_jitter: float = 0
    caps: Caps = field(default_factory=Caps)


@dataclass(frozen=True, slots=True)
class DialNow:
    """Nothing stands in the way of a call at this moment."""


@dataclass(frozen=True, slots=True)
class DialAt:
    """Call at `at`, None if no moment before the order's expiry is allowed; `waiting_for` says why not now, if it is known."""

    at: datetime | None
    waiting_for: WaitingFor | None


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Never call again."""

    outcome: Outcome


Decision = DialNow | DialAt | GiveUp


def calendar_of(confirmation: Confirmation, policy: DialPolicy) -> Calendar:
    """Return when this customer may be phoned: in the number's zones, of which the order's own chooses, else in the default.

    A zone that is none of the number's narrows the hours and never widens them (`in_named_zone`); it counts alone if nobody knows
    where the number is. The calls of a test order disturb nobody and are simulated at any time.
    """
    if confirmation.is_test:
        return Calendar(window=Window(time(0)), zones=("UTC",))
    named = confirmation.customer.timezone
    rule = Calendar(
        window=window_of(confirmation, policy),
        zones=policy.zones_of(confirmation.customer.phone) or (named or policy.default_timezone,),
        weekdays=weekdays_of(confirmation, policy),
        holiday_country=None if policy.calls_on_holidays else policy.country_of(confirmation.customer.phone),
    )
    return rule if named is None else in_named_zone(named, rule, policy.window)


def decide(confirmation: Confirmation, policy: DialPolicy, now: datetime, hold: Hold | None = None) -> Decision:
    """Decide about the next call of a confirmation that has no open attempt; `hold` is what holds it, if anything."""
    expires_at, account_wait_ends_at = confirmation.call.expires_at, confirmation.account_wait_ends_at
    if confirmation.withdrawn_at is not None:
        return GiveUp(Outcome.WITHDRAWN)
    if account_wait_ends_at is not None and now >= account_wait_ends_at:
        return GiveUp(Outcome.UNDIALABLE)
    if expires_at is not None and now >= expires_at:
        return GiveUp(Outcome.EXPIRED)
    if confirmation.attempts_spent >= budget(confirmation, policy) and confirmation.call_back_asked_in is None:
        return GiveUp(Outcome.UNREACHED)
    wanted = _wanted(confirmation, policy, now)
    if hold is not None:
        wanted = max(wanted, _Wanted(hold.until, hold.waiting_for), key=_moment)
    allowed = calendar_of(confirmation, policy).next_open(max(wanted.at, now))
    waiting_for = _waiting_for(wanted, allowed, now)
    if allowed is None or (expires_at is not None and allowed >= expires_at):
        return DialAt(None, waiting_for) if expires_at is not None else GiveUp(Outcome.UNDIALABLE)
    return DialNow() if allowed <= now else DialAt(allowed, waiting_for)


def budget(confirmation: Confirmation, policy: DialPolicy) -> int:
    """Return how many calls the order may cost, without those for which callers ask: at most what the settings allow."""
    return min(confirmation.call.max_attempts or policy.max_attempts, policy.max_attempts)


def window_of(confirmation: Confirmation, policy: DialPolicy) -> Window:
    """Return the hours of the order that the settings allow too.

    An order that has none (it was accepted under other settings) is called in the hours of the settings, and not lost.
    """
    wish = confirmation.call.window
    return policy.window if wish is None else wish.within(policy.window) or policy.window


def weekdays_of(confirmation: Confirmation, policy: DialPolicy) -> frozenset[int]:
    """Return the days of the order that the settings allow too; if it has none, those of the settings."""
    wish = confirmation.call.days
    return policy.weekdays if wish is None else wish & policy.weekdays or policy.weekdays


def delay_s(confirmation: Confirmation, policy: DialPolicy, result: AttemptResult) -> int:
    """Return the pause after an attempt with that result; what has no delay of its own takes that of `undecided`."""
    delays = {**policy.retry_delays_s, **confirmation.call.retry_delays}
    return delays.get(result.value, delays["undecided"])


def jitter_s(confirmation: Confirmation, attempt: Attempt, policy: DialPolicy, pause_s: float) -> float:
    """Return how much longer than `pause_s` the pause after an attempt is: always the same for the same attempt."""
    if pause_s < JITTER_FROM_S:
        return 0.0
    digest = blake2b(f"{confirmation.id}.{attempt.number}".encode(), digest_size=4).digest()
    return min(pause_s * policy.retry_jitter, JITTER_MOST_S) * int.from_bytes(digest, "big") / 2**32


class _Wanted(NamedTuple):
    """A moment before which no call is wanted, and whose wish that is."""

    at: datetime
    waiting_for: WaitingFor | None


def _moment(wanted: _Wanted) -> datetime:
    return wanted.at


def _waiting_for(wanted: _Wanted, allowed: datetime | None, now: datetime) -> WaitingFor | None:
    """Return why no call is placed before `allowed`: a hold explains it also if the window opens only after its end."""
    if wanted.at > now and (allowed == wanted.at or (wanted.waiting_for is not None and wanted.waiting_for.is_hold)):
        return wanted.waiting_for
    return WaitingFor.WINDOW


def _wanted(confirmation: Confirmation, policy: DialPolicy, now: datetime) -> _Wanted:
    """Return the moment the shop or the customer asked for, before the calendar is looked at."""
    moments = [_Wanted(confirmation.created_at, None)]
    if confirmation.call.not_before is not None:
        moments.append(_Wanted(confirmation.call.not_before, WaitingFor.NOT_BEFORE))
    if confirmation.next_attempt_at is not None:
        moments.append(_Wanted(confirmation.next_attempt_at, confirmation.waiting_for))
        return max(moments, key=_moment)
    last = next((attempt for attempt in reversed(confirmation.attempts) if not attempt.leaves_schedule), None)
    if last is not None and last.ended_at is not None and last.result is not None:
        callback_at = last.verdict.callback_at if last.verdict is not None else None
        is_meant = callback_at is not None and now - CALLBACK_LATE < callback_at <= last.ended_at + CALLBACK_WITHIN
        if last.result is AttemptResult.CALLBACK_REQUESTED and callback_at is not None and is_meant:
            return max(*moments, _Wanted(callback_at, WaitingFor.CALLBACK), key=_moment)
        if last.is_call_back and last.resumes_at is not None:  # what was planned before the caller asked for the call back
            moments.append(_Wanted(last.resumes_at, last.resumes_waiting_for))
        pause_s = delay_s(confirmation, policy, last.result)
        pause = timedelta(seconds=pause_s + jitter_s(confirmation, last, policy, pause_s))
        moments.append(_Wanted(last.ended_at + pause, WaitingFor.RETRY))
    return max(moments, key=_moment)
