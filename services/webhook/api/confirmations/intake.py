"""The making of a confirmation from a valid body."""

from datetime import datetime

from ulid import ULID

from services.webhook.api.confirmations.requests import CallBody, ConfirmationBody, OrderBody
from shared.core import ids
from shared.core.confirmation import Confirmation
from shared.core.order import CallWishes, Customer, Delivery, Item, Money, OnMachine, Order, Priority


def new_confirmation(body: ConfirmationBody, *, shop: str, digest: str, now: datetime, is_test: bool = False) -> Confirmation:
    """Return a new confirmation with a new id; `digest` is the fingerprint of its request."""
    return Confirmation(
        id=ids.confirmation_id(ULID()),
        shop=shop,
        order=_order(body.order),
        company=body.company,
        customer=Customer(
            phone=body.customer.phone,
            name=body.customer.name,
            language=body.customer.language,
            timezone=body.customer.timezone,
        ),
        created_at=now,
        updated_at=now,
        call=CallWishes() if body.call is None else _wishes(body.call),
        metadata=dict(body.metadata or {}),
        request_digest=digest,
        is_test=is_test,
    )


def _order(body: OrderBody) -> Order:
    total = None
    if body.total is not None and body.currency is not None:
        total = Money(body.total, body.currency)
    delivery = None
    if body.delivery is not None:
        delivery = Delivery(address=body.delivery.address, date=body.delivery.date)
    items = tuple(Item(name=item.name, quantity=item.quantity) for item in body.items or ())
    return Order(id=body.id, total=total, items=items, delivery=delivery)


def _wishes(body: CallBody) -> CallWishes:
    return CallWishes(
        not_before=body.not_before,
        expires_at=body.expires_at,
        window=body.window,
        days=body.days,
        max_attempts=body.max_attempts,
        retry_delays={str(result): seconds for result, seconds in (body.retry_delays or {}).items()},
        on_machine=OnMachine(body.on_machine or OnMachine.HANG_UP),
        priority=Priority(body.priority or Priority.NORMAL),
    )
