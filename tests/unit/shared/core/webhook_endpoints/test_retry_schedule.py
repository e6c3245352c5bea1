"""Deliveries are tried again over a day and no longer."""

from datetime import timedelta

from shared.core.webhook_endpoints.retry_schedule import RETRY_DELAYS_S, next_try_at
from tests.support.orders import NOON, after


def test_the_tries_fill_a_day() -> None:
    assert timedelta(hours=20) < timedelta(seconds=sum(RETRY_DELAYS_S)) < timedelta(hours=24)


def test_each_failure_is_followed_by_a_longer_pause_until_it_is_given_up() -> None:
    assert next_try_at(tries=1, told_at=NOON, now=after(1)) == after(6)
    assert next_try_at(tries=10, told_at=NOON, now=after(1)) == after(36_001)
    assert next_try_at(tries=11, told_at=NOON, now=after(1)) is None
    assert next_try_at(tries=1, told_at=NOON, now=NOON + timedelta(hours=24)) is None


def test_what_the_receiver_asks_for_is_heard_up_to_an_hour() -> None:
    assert next_try_at(tries=1, told_at=NOON, now=NOON, wish_s=90) == after(90)
    assert next_try_at(tries=1, told_at=NOON, now=NOON, wish_s=9e9) == after(3600)
    assert next_try_at(tries=1, told_at=NOON, now=NOON, wish_s=1) == after(5)
