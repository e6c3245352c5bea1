"""Whether, when and how often an order is called, and that nothing unfinished is forgotten."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.core.confirmation import Attempt, Confirmation, Phase
from shared.core.dialing.caps import Hold
from shared.core.dialing.dial_policy import (
    DialAt,
    DialNow,
    GiveUp,
    budget,
    calendar_of,
    decide,
    delay_s,
)
from shared.core.order import CallWishes, Customer, Window, weekdays_text
from shared.core.outcome import AttemptResult, Direction, Outcome, VerdictKind, WaitingFor
from tests.support.orders import ALWAYS, NOON, after, an_order, verdict

OFFICE = replace(ALWAYS, window=Window(time(9), time(20)))


def ended(result: AttemptResult, *, number: int = 1, direction: Direction = Direction.OUTBOUND) -> Attempt:
    return Attempt(
        id=f"att_{number}",
        number=number,
        direction=direction,
        placed_at=NOON,
        phase=Phase.ENDED,
        ended_at=after(30),
        result=result,
    )


def tried(*results: AttemptResult, call: CallWishes | None = None) -> Confirmation:
    attempts = tuple(ended(result, number=number) for number, result in enumerate(results, start=1))
    return replace(an_order(call=call), attempts=attempts)


def test_a_new_order_within_the_window_is_called_now() -> None:
    assert decide(an_order(), OFFICE, NOON) == DialNow()


def test_a_new_order_at_night_is_called_in_the_morning() -> None:
    night = NOON.replace(hour=22)
    assert decide(an_order(at=night), OFFICE, night) == DialAt(NOON.replace(day=24, hour=9), WaitingFor.WINDOW)


def test_nothing_is_called_before_the_shops_moment() -> None:
    later = after(3600)
    assert decide(an_order(call=CallWishes(not_before=later)), ALWAYS, NOON) == DialAt(later, WaitingFor.NOT_BEFORE)


def test_an_expired_order_is_given_up_to_the_second() -> None:
    order = an_order(call=CallWishes(expires_at=after(60)))
    assert decide(order, ALWAYS, after(59.999)) == DialNow()
    assert decide(order, ALWAYS, after(60)) == GiveUp(Outcome.EXPIRED)


def test_an_order_that_expires_before_the_window_opens_waits_for_its_end() -> None:
    night = NOON.replace(hour=22)
    order = an_order(at=night, call=CallWishes(expires_at=night + timedelta(hours=3)))
    assert decide(order, OFFICE, night) == DialAt(None, WaitingFor.WINDOW)


def test_an_order_that_may_never_be_called_is_undialable() -> None:
    nowhere = replace(OFFICE, window=Window(time(9), time(10)), zones_of=lambda _: ("UTC", "Asia/Tokyo"))
    assert decide(an_order(), nowhere, NOON) == GiveUp(Outcome.UNDIALABLE)


def test_a_withdrawn_order_is_given_up() -> None:
    assert decide(replace(an_order(), withdrawn_at=NOON), ALWAYS, NOON) == GiveUp(Outcome.WITHDRAWN)


def test_a_spent_budget_ends_it_unreached() -> None:
    busy = tried(*[AttemptResult.BUSY] * 3)
    assert decide(busy, ALWAYS, after(9999)) == GiveUp(Outcome.UNREACHED)


def test_an_order_narrows_the_budget_and_never_widens_it() -> None:
    assert budget(an_order(call=CallWishes(max_attempts=1)), ALWAYS) == 1
    assert budget(an_order(call=CallWishes(max_attempts=7)), ALWAYS) == 3
    assert budget(an_order(), ALWAYS) == 3


def test_calls_of_the_customer_cost_no_budget() -> None:
    inbound = ended(AttemptResult.UNDECIDED, direction=Direction.INBOUND)
    order = replace(an_order(call=CallWishes(max_attempts=1)), attempts=(inbound,))
    assert decide(order, ALWAYS, after(30 + 3600)) == DialNow()


@pytest.mark.parametrize(
    ("result", "delay"),
    [
        (AttemptResult.BUSY, 300),
        (AttemptResult.NO_ANSWER, 1800),
        (AttemptResult.DECLINED, 14_400),
        (AttemptResult.MACHINE, 7200),
        (AttemptResult.FAILED, 600),
        (AttemptResult.UNDECIDED, 3600),
        (AttemptResult.ERROR, 60),
        (AttemptResult.CALLBACK_REQUESTED, 3600),
    ],
)
def test_each_result_has_its_pause_after_the_calls_end(result: AttemptResult, delay: int) -> None:
    assert decide(tried(result), ALWAYS, after(31)) == DialAt(after(30 + delay), WaitingFor.RETRY)


def test_the_orders_own_pauses_count_before_the_settings() -> None:
    call = CallWishes(retry_delays={"busy": 5})
    assert delay_s(an_order(call=call), ALWAYS, AttemptResult.BUSY) == 5
    assert delay_s(an_order(call=call), ALWAYS, AttemptResult.ERROR) == 60


def asked_back(at: datetime | None) -> Confirmation:
    attempt = replace(
        ended(AttemptResult.CALLBACK_REQUESTED),
        verdict=verdict(VerdictKind.CALLBACK_REQUESTED, callback_at=at),
    )
    return replace(an_order(), attempts=(attempt,))


def test_a_call_back_comes_when_the_customer_said() -> None:
    assert decide(asked_back(after(600)), ALWAYS, after(31)) == DialAt(after(600), WaitingFor.CALLBACK)


def test_a_call_back_outside_the_window_comes_when_it_opens() -> None:
    assert decide(asked_back(NOON.replace(hour=23)), OFFICE, after(31)) == DialAt(NOON.replace(day=24, hour=9), WaitingFor.WINDOW)


def test_a_call_back_in_the_past_takes_the_usual_pause() -> None:
    assert decide(asked_back(after(-900)), ALWAYS, after(31)) == DialAt(after(30 + 3600), WaitingFor.RETRY)


def test_a_call_back_whose_time_has_just_passed_is_due_at_once() -> None:
    assert decide(asked_back(after(10)), ALWAYS, after(31)) == DialNow()


def test_a_call_back_that_nobody_can_have_meant_takes_the_usual_pause() -> None:
    assert decide(asked_back(after(30) + timedelta(days=30)), ALWAYS, after(31)) == DialAt(
        after(30) + timedelta(days=30), WaitingFor.CALLBACK
    )
    assert decide(asked_back(after(30) + timedelta(days=400)), ALWAYS, after(31)) == DialAt(after(30 + 3600), WaitingFor.RETRY)


def test_a_call_back_after_the_orders_expiry_is_none() -> None:
    order = replace(asked_back(after(7200)), call=CallWishes(expires_at=after(3600)))
    assert decide(order, ALWAYS, after(31)) == DialAt(None, WaitingFor.CALLBACK)


def test_a_call_back_costs_the_budget_like_any_call() -> None:
    order = replace(asked_back(after(600)), call=CallWishes(max_attempts=1))
    assert decide(order, ALWAYS, after(31)) == GiveUp(Outcome.UNREACHED)


def test_a_planned_call_keeps_its_moment() -> None:
    planned = replace(tried(AttemptResult.BUSY), is_unplanned=False, next_attempt_at=after(77))
    assert decide(planned, ALWAYS, after(31)) == DialAt(after(77), None)  # a record of an earlier program does not say why
    waiting = replace(planned, waiting_for=WaitingFor.RETRY)
    assert decide(waiting, ALWAYS, after(31)) == DialAt(after(77), WaitingFor.RETRY)


def test_the_customers_own_zone_counts_before_the_numbers_and_the_default() -> None:
    policy = replace(ALWAYS, zones_of=lambda _: ("Europe/Belgrade",), country_of=lambda _: "AL", calls_on_holidays=False)
    named = replace(an_order(), customer=Customer("+38344123456", timezone="America/New_York"))
    assert calendar_of(named, replace(policy, zones_of=lambda _: ("Europe/Belgrade", "America/New_York"))).zones == (
        "America/New_York",
    )
    assert calendar_of(named, replace(policy, zones_of=lambda _: ())).zones == ("America/New_York",)
    assert calendar_of(an_order(), policy).zones == ("Europe/Belgrade",)
    assert calendar_of(an_order(), replace(policy, zones_of=lambda _: ())).zones == ("UTC",)
    assert calendar_of(an_order(), policy).holiday_country == "AL"
    assert calendar_of(an_order(), ALWAYS).holiday_country is None


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Asia/Tokyo", "America/Los_Angeles", "Europe/Tirane"])
@pytest.mark.parametrize("call", [None, CallWishes(window=Window(time(9), time(10)))])
def test_no_named_zone_opens_the_night_where_the_number_is(zone: str, call: CallWishes | None) -> None:
    policy = replace(OFFICE, zones_of=lambda _: ("Europe/Belgrade",))
    order = replace(an_order(call=call), customer=Customer("+38344123456", timezone=zone))
    for hour in range(48):
        at = NOON + timedelta(hours=hour)
        if isinstance(decide(order, policy, at), DialNow):
            assert 9 <= at.astimezone(ZoneInfo("Europe/Belgrade")).hour < 20
    assert any(isinstance(decide(order, policy, NOON + timedelta(minutes=30 * half)), DialNow) for half in range(48)), (
        "it is called"
    )


def test_a_foreign_zone_has_the_orders_hours_and_the_number_the_operators() -> None:
    policy = replace(OFFICE, zones_of=lambda _: ("Europe/Belgrade",))
    wish = CallWishes(window=Window(time(9), time(10)))
    order = replace(an_order(call=wish), customer=Customer("+38344123456", timezone="America/New_York"))
    assert decide(order, policy, NOON) == DialAt(NOON.replace(hour=14), WaitingFor.WINDOW)  # 09:00 there is 15:00 in Belgrade


def test_another_name_of_one_of_the_numbers_zones_chooses_it() -> None:
    policy = replace(OFFICE, zones_of=lambda _: ("Pacific/Auckland", "Asia/Kolkata"))
    order = replace(an_order(), customer=Customer("+38344123456", timezone="Asia/Calcutta"))
    assert decide(order, policy, NOON) == DialNow()  # 17:30 there, and night in Auckland


@pytest.mark.parametrize(
    ("wished", "counts"),
    [
        (Window(time(10), time(11)), "10:00-11:00"),
        (Window(time(6), time(10)), "09:00-10:00"),
        (Window(time(18)), "18:00-20:00"),
        (Window(time(0)), "09:00-20:00"),
        (Window(time(20)), "09:00-20:00"),  # taken in under other settings: it is called by day rather than lost
    ],
)
def test_an_orders_window_narrows_the_settings_and_never_opens_the_night(wished: Window, counts: str) -> None:
    assert str(calendar_of(an_order(call=CallWishes(window=wished)), OFFICE).window) == counts


def test_an_orders_window_counts_in_full_where_every_hour_is_allowed() -> None:
    own = Window(time(22))
    assert calendar_of(an_order(call=CallWishes(window=own)), ALWAYS).window == own
    assert (str(own), str(Window(time(0)))) == ("22:00-24:00", "00:00-24:00")


def test_an_orders_days_narrow_the_settings_and_never_add_a_day() -> None:
    workdays = replace(OFFICE, weekdays=frozenset(range(5)))
    assert calendar_of(an_order(call=CallWishes(days=frozenset({4, 5, 6}))), workdays).weekdays == {4}
    assert calendar_of(an_order(call=CallWishes(days=frozenset({6}))), workdays).weekdays == workdays.weekdays
    sunday = NOON.replace(day=22)
    assert decide(an_order(at=sunday, call=CallWishes(days=frozenset({6, 0}))), workdays, sunday) == DialAt(
        NOON.replace(hour=9), WaitingFor.WINDOW
    )


def test_days_are_shown_as_the_settings_name_them() -> None:
    assert weekdays_text(frozenset(range(7))) == "mon-sun"
    assert weekdays_text(frozenset({0, 2, 3, 4, 6})) == "mon,wed-fri,sun"


HOLD = Hold(after(5000), WaitingFor.NUMBER_CAP)


def test_a_cap_holds_an_order_until_there_is_room() -> None:
    assert decide(an_order(), ALWAYS, NOON, HOLD) == DialAt(after(5000), WaitingFor.NUMBER_CAP)
    assert decide(an_order(), ALWAYS, after(5000), HOLD) == DialNow()


def test_what_an_order_waits_for_longer_than_for_a_cap_is_told() -> None:
    later = an_order(call=CallWishes(not_before=after(6000)))
    assert decide(later, ALWAYS, NOON, HOLD) == DialAt(after(6000), WaitingFor.NOT_BEFORE)


def test_room_at_night_is_used_in_the_morning_and_the_cap_explains_the_wait() -> None:
    at_night = Hold(NOON.replace(hour=23), WaitingFor.SPEND_LIMIT)
    assert decide(an_order(), OFFICE, NOON, at_night) == DialAt(NOON.replace(day=24, hour=9), WaitingFor.SPEND_LIMIT)


def test_an_order_that_expires_before_there_is_room_waits_for_its_end() -> None:
    assert decide(an_order(call=CallWishes(expires_at=after(4000))), ALWAYS, NOON, HOLD) == DialAt(None, WaitingFor.NUMBER_CAP)
