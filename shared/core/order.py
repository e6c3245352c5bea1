"""An order as the shop posted it, the customer to phone, and the shop's wishes for the calls."""

import datetime as dt
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from decimal import Decimal
from enum import StrEnum


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
    """The shop's wishes for the calls of one order; None means what the settings say when the moment comes."""

    not_before: datetime | None = None
    expires_at: datetime | None = None
    window: Window | None = None
    max_attempts: int | None = None
    retry_delays: dict[str, int] = field(default_factory=dict)
    on_machine: OnMachine = OnMachine.HANG_UP
    priority: Priority = Priority.NORMAL
