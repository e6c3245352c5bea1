"""Writes orders and open attempts in bulk through the store, as the product would, so that every token is a real one."""

import itertools
from datetime import datetime, time
from decimal import Decimal

from bench.load.simulated_caller import Ticket
from bench.testbed import SECRET
from shared.core.confirmation import Confirmation
from shared.core.dialing.dial_policy import DialPolicy
from shared.core.lifecycle.facts import AttemptBegun
from shared.core.order import Customer, Item, Money, Order, Window
from shared.store import Store
from shared.twilio.stream_token import issue

SHOP = "shopaz"
_AT_ONCE = 500

POLICY = DialPolicy(
    window=Window(time(0)),
    weekdays=frozenset(range(7)),
    calls_on_holidays=True,
    default_timezone="UTC",
    max_attempts=3,
    retry_delays_s={"busy": 300, "no_answer": 1800, "machine": 7200, "failed": 600, "undecided": 3600, "error": 60},
    ring_timeout_s=25,
    call_time_limit_s=3600,
    hangup_grace_s=10,
    reconcile_after_s=300,
    retention_days=30,
    zones_of=lambda _: ("UTC",),
    country_of=lambda _: None,
)


def order(number: int, now: datetime) -> Confirmation:
    """Return a new order; all its unique values are made from `number`."""
    return Confirmation(
        id=f"cnf_{number:026}",
        shop=SHOP,
        order=Order(f"SHP-{number}", Money(Decimal("59.90"), "EUR"), (Item("Kufje me valë"),)),
        company="Shopaz",
        customer=Customer(f"+3834{number % 10_000_000:07}", "Arta"),
        created_at=now,
        updated_at=now,
        request_digest=f"digest-{number}",
    )


class Calls:
    """Calls that may be made, each once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._numbers = itertools.count(1)

    async def tickets(self, count: int) -> list[Ticket]:
        """Write `count` orders with an open attempt, and return the data that their streams must present."""
        numbers = list(itertools.islice(self._numbers, count))
        for start in range(0, count, _AT_ONCE):
            now = await self._store.now()
            await self._store.confirmations.submit_many([order(number, now) for number in numbers[start : start + _AT_ONCE]])
        return [await self._ticket(number) for number in numbers]

    async def _ticket(self, number: int) -> Ticket:
        confirmation_id, attempt_id = f"cnf_{number:026}", f"att_{number:026}"
        await self._store.confirmations.apply(confirmation_id, lambda at: AttemptBegun(at, attempt_id, "+38344000001"))
        return Ticket(number, f"CA{number:032x}", f"MZ{number:032x}", issue(SECRET, confirmation_id, attempt_id))
