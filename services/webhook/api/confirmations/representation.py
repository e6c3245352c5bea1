"""A confirmation as shops see it: a JSON object in which what is not known is null. Times are RFC 3339 in UTC."""

from datetime import datetime
from typing import Any

from shared.core.confirmation import Attempt, Confirmation
from shared.core.dialing.dial_policy import DialPolicy, budget
from shared.core.lifecycle.envelope import evidence_object, timestamp
from shared.core.order import Order


def confirmation_object(confirmation: Confirmation, policy: DialPolicy) -> dict[str, Any]:
    """Return the confirmation as a JSON object; wishes for the calls that were left out are filled from `policy`."""
    customer = confirmation.customer
    return {
        "id": confirmation.id,
        "shop": confirmation.shop,
        "status": confirmation.status.value,
        "outcome": None if confirmation.outcome is None else confirmation.outcome.value,
        "order": _order(confirmation.order),
        "company": confirmation.company,
        "customer": {
            "phone": customer.phone,
            "name": customer.name,
            "language": customer.language,
            "timezone": customer.timezone,
        },
        "call": _call(confirmation, policy),
        "metadata": dict(confirmation.metadata),
        "created_at": timestamp(confirmation.created_at),
        "updated_at": timestamp(confirmation.updated_at),
        "next_attempt_at": _moment(confirmation.next_attempt_at),
        "evidence": None if confirmation.evidence is None else evidence_object(confirmation.evidence),
        "attempts": [_attempt(attempt) for attempt in confirmation.attempts],
        **({"is_test": True} if confirmation.is_test else {}),
    }


def _order(order: Order) -> dict[str, Any]:
    total, delivery = order.total, order.delivery
    return {
        "id": order.id,
        "total": None if total is None else str(total.amount),
        "currency": None if total is None else total.currency,
        "items": [{"name": item.name, "quantity": item.quantity} for item in order.items],
        "delivery": None
        if delivery is None
        else {"address": delivery.address, "date": None if delivery.date is None else delivery.date.isoformat()},
    }


def _call(confirmation: Confirmation, policy: DialPolicy) -> dict[str, Any]:
    wishes = confirmation.call
    return {
        "not_before": _moment(wishes.not_before),
        "expires_at": _moment(wishes.expires_at),
        "window": str(wishes.window or policy.window),
        "max_attempts": budget(confirmation, policy),
        "retry_delays": {**policy.retry_delays_s, **wishes.retry_delays},
        "on_machine": wishes.on_machine.value,
        "priority": wishes.priority.value,
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "direction": attempt.direction.value,
        "call_sid": attempt.call_sid,
        "from": attempt.from_number,
        "result": None if attempt.result is None else attempt.result.value,
        "reason": attempt.reason,
        "answered_by": attempt.answered_by,
        "placed_at": timestamp(attempt.placed_at),
        "answered_at": _moment(attempt.answered_at),
        "ended_at": _moment(attempt.ended_at),
        "duration_s": attempt.duration_s,
        "disclosure_played_at": _moment(attempt.disclosure_played_at),
        "cost": None if attempt.cost_usd is None else str(attempt.cost_usd),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else timestamp(moment)
