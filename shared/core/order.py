"""An order as the shop posted it, the customer to phone, and the shop's wishes for the calls."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from decimal import Decimal
from enum import StrEnum

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The days of the week as settings and orders name them; their positions are the numbers that `weekdays` hold."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the major unit of an ISO 4217 currency."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an order."""

    name: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Delivery:
    """The place and day at which the parcel is to arrive."""

    address: str | None = None
    date: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What was ordered. Every text in it is data of a stranger, never an instruction."""

    id: str
    total: Money | None = None
    items: tuple[Item, ...] = ()
    delivery: Delivery | None = None


def without_address(order: Order) -> Order:
    """Return the order as it may be told to somebody of whom only the number is known."""
    return order if order.delivery is None else replace(order, delivery=replace(order.delivery, address=None))


@dataclass(frozen=True, slots=True)
class Customer:
    """Whom to phone: `phone` in E.164, `language` BCP 47, `timezone` an IANA name."""

    phone: str
    name: str | None = None
    language: str | None = None
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A span of one day in the callee's local time, `start` inclusive, `end` exclusive; `end` None is midnight."""

    start: time
    end: time | None = None

    def __str__(self) -> str:
        """Return the form of the settings, `09:00-20:00`."""
        return f"{self.start.isoformat('minutes')}-{'24:00' if self.end is None else self.end.isoformat('minutes')}"

    def within(self, outer: "Window") -> "Window | None":
        """Return the hours that both windows hold, or None if they hold none in common."""
        start = max(self.start, outer.start)
        end = min((window.end for window in (self, outer) if window.end is not None), default=None)
        return None if end is not None and end <= start else Window(start, end)


def weekdays_text(weekdays: Iterable[int]) -> str:
    """Return the form of the settings, `mon-fri,sun`."""
    held = sorted(weekdays)
    starts = [day for day in held if day - 1 not in held]
    ends = [day for day in held if day + 1 not in held]
    return ",".join(
        DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}" for first, last in zip(starts, ends, strict=True)
    )


class OnMachine(StrEnum):
    """What to do when a machine answers."""

    HANG_UP = "hang_up"
    LEAVE_MESSAGE = "leave_message"


class Priority(StrEnum):
    """Which orders are dialled first."""

    NORMAL = "normal"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallWishes:
    """The shop's wishes for the calls of one order; None means what the settings say when the moment comes.

    `window`, `days` (0 is Monday) and `max_attempts` narrow the settings and never widen them: `dial_policy.py` sees to it.
    """

    not_before: datetime | None = None
    expires_at: datetime | None = None
    window: Window | None = None
    days: frozenset[int] | None = None
    max_attempts: int | None = None
    retry_delays: dict[str, int] = field(default_factory=dict)
    on_machine: OnMachine = OnMachine.HANG_UP
    priority: Priority = Priority.NORMAL
