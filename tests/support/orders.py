"""Orders, policies and facts for tests."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from shared.core.confirmation import Confirmation
from shared.core.dialing.dial_policy import DialPolicy
from shared.core.order import CallWishes, Customer, Order, Window
from shared.core.outcome import Channel, Verdict, VerdictKind

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday
PHONE = "+38344123456"

ALWAYS = DialPolicy(
    window=Window(time(0)),
    weekdays=frozenset(range(7)),
    calls_on_holidays=True,
    default_timezone="UTC",
    max_attempts=3,
    retry_delays_s={
        "busy": 300,
        "no_answer": 1800,
        "declined": 14_400,
        "machine": 7200,
        "failed": 600,
        "undecided": 3600,
        "error": 60,
    },
    ring_timeout_s=25,
    call_time_limit_s=180,
    hangup_grace_s=10,
    reconcile_after_s=300,
    retention_days=30,
    zones_of=lambda _: ("UTC",),
    country_of=lambda _: None,
)


def an_order(number: int = 1, *, at: datetime = NOON, shop: str = "shopaz", call: CallWishes | None = None) -> Confirmation:
    """Return a new confirmation; its id and its order's id are made from `number`."""
    return Confirmation(
        id=f"cnf_{number:026}",
        shop=shop,
        order=Order(f"A-{number}"),
        company="Shopaz",
        customer=Customer(PHONE),
        created_at=at,
        updated_at=at,
        call=call or CallWishes(),
        request_digest=f"digest-{number}",
    )


def with_phone(confirmation: Confirmation, phone: str) -> Confirmation:
    """Return the same order for another customer's phone."""
    return replace(confirmation, customer=Customer(phone))


def verdict(kind: VerdictKind, at: datetime = NOON, callback_at: datetime | None = None) -> Verdict:
    """Return a decision by voice."""
    return Verdict(kind=kind, channel=Channel.VOICE, at=at, quote="po, e konfirmoj", callback_at=callback_at)


def after(seconds: float) -> datetime:
    """Return the time that many seconds after noon."""
    return NOON + timedelta(seconds=seconds)
