"""A confirmation as shops see it: the JSON object, its schema, and how one is made. What is not known is null."""

from datetime import datetime
from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from services.webhook.api.outcome_evidence import EvidenceAnswer, evidence_answer
from services.webhook.http.answers import Answer, Timestamp, one_of, optional
from shared.core.confirmation import Attempt, Confirmation
from shared.core.dialing.dial_policy import DialPolicy, budget, weekdays_of, window_of
from shared.core.ids import CONFIRMATION_ID
from shared.core.lifecycle.envelope import timestamp
from shared.core.order import OnMachine, Order, Priority, weekdays_text
from shared.core.outcome import AttemptResult, Direction, Outcome, Status, VerdictKind, WaitingFor


class ItemAnswer(Answer):
    """One line of an order."""

    name: str
    quantity: int


class DeliveryAnswer(Answer):
    """Where and when the parcel is to arrive."""

    address: str | None
    date: Annotated[str, Field(json_schema_extra={"format": "date"})] | None


class OrderAnswer(Answer):
    """What was ordered."""

    id: str
    total: Annotated[str | None, Field(description="A decimal number in a string.")]
    currency: str | None
    items: list[ItemAnswer]
    delivery: DeliveryAnswer | None


class CustomerAnswer(Answer):
    """Whom we phone."""

    phone: Annotated[str, Field(description="E.164")]
    name: str | None
    language: str | None
    timezone: str | None


class CallAnswer(Answer):
    """The wishes for the calls as they count: narrowed to, and filled up from, the settings."""

    not_before: Timestamp | None
    expires_at: Timestamp | None
    window: str
    days: str
    max_attempts: int
    retry_delays: dict[str, int]
    on_machine: Annotated[str, one_of(OnMachine)]
    priority: Annotated[str, one_of(Priority)]


_CallingNumber = TypedDict("_CallingNumber", {"from": str | None})  # `from` can be no name in a class


class AttemptAnswer(Answer, _CallingNumber):
    """One call."""

    number: Annotated[int, Field(ge=1)]
    direction: Direction
    call_sid: str | None
    result: Annotated[AttemptResult | None, Field(description="Null while the call runs.")]
    reason: str | None
    answered_by: Annotated[str | None, Field(description="Twilio's word.")]
    placed_at: Timestamp
    answered_at: Timestamp | None
    ended_at: Timestamp | None
    duration_s: int | None
    disclosure_played_at: Annotated[
        Timestamp | None, Field(description="When it had been said that an automated assistant speaks.")
    ]
    late_decision: Annotated[
        VerdictKind | None,
        Field(description="What the customer decided in this call, if we learned it too late for it to count. Almost always null."),
    ]
    cost: Annotated[str | None, Field(description="What the speech model cost, in US dollars: a decimal number in a string.")]


class ConfirmationAnswer(Answer):
    """An order that is being confirmed, or was."""

    id: Annotated[str, Field(pattern=f"^{CONFIRMATION_ID}$")]
    shop: str
    status: Status
    outcome: Annotated[Outcome | None, Field(description="Set once it is finished, and never changed.")]
    order: OrderAnswer
    company: str
    customer: CustomerAnswer
    call: CallAnswer
    metadata: dict[str, str]
    created_at: Timestamp
    updated_at: Timestamp
    next_attempt_at: Timestamp | None
    waiting_for: Annotated[WaitingFor | None, Field(description="Why a waiting order is not called now.")]
    evidence: EvidenceAnswer | None
    attempts: list[AttemptAnswer]
    is_test: NotRequired[
        Annotated[Literal[True], optional("Only there where a test key ordered it: nobody is phoned.", default=True)]
    ]


def confirmation_answer(confirmation: Confirmation, policy: DialPolicy) -> ConfirmationAnswer:
    """Return the confirmation as shops see it; wishes for the calls that were left out are filled from `policy`."""
    answer: ConfirmationAnswer = {
        "id": confirmation.id,
        "shop": confirmation.shop,
        "status": confirmation.status,
        "outcome": confirmation.outcome,
        "order": _order(confirmation.order),
        "company": confirmation.company,
        "customer": {
            "phone": confirmation.customer.phone,
            "name": confirmation.customer.name,
            "language": confirmation.customer.language,
            "timezone": confirmation.customer.timezone,
        },
        "call": _call(confirmation, policy),
        "metadata": dict(confirmation.metadata),
        "created_at": timestamp(confirmation.created_at),
        "updated_at": timestamp(confirmation.updated_at),
        "next_attempt_at": _timestamp(confirmation.next_attempt_at),
        "waiting_for": confirmation.waiting_for,
        "evidence": None if confirmation.evidence is None else evidence_answer(confirmation.evidence),
        "attempts": [_attempt(attempt) for attempt in confirmation.attempts],
    }
    if confirmation.is_test:
        answer["is_test"] = True
    return answer


def _order(order: Order) -> OrderAnswer:
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


def _call(confirmation: Confirmation, policy: DialPolicy) -> CallAnswer:
    wishes = confirmation.call
    return {
        "not_before": _timestamp(wishes.not_before),
        "expires_at": _timestamp(wishes.expires_at),
        "window": str(window_of(confirmation, policy)),
        "days": weekdays_text(weekdays_of(confirmation, policy)),
        "max_attempts": budget(confirmation, policy),
        "retry_delays": {**policy.retry_delays_s, **wishes.retry_delays},
        "on_machine": wishes.on_machine,
        "priority": wishes.priority,
    }


def _attempt(attempt: Attempt) -> AttemptAnswer:
    return {
        "number": attempt.number,
        "direction": attempt.direction,
        "call_sid": attempt.call_sid,
        "from": attempt.from_number,
        "result": attempt.result,
        "reason": attempt.reason,
        "answered_by": attempt.answered_by,
        "placed_at": timestamp(attempt.placed_at),
        "answered_at": _timestamp(attempt.answered_at),
        "ended_at": _timestamp(attempt.ended_at),
        "duration_s": attempt.duration_s,
        "disclosure_played_at": _timestamp(attempt.disclosure_played_at),
        "late_decision": None if attempt.late_verdict is None else attempt.late_verdict.kind,
        "cost": None if attempt.cost_usd is None else str(attempt.cost_usd),
    }


def _timestamp(moment: datetime | None) -> str | None:
    return None if moment is None else timestamp(moment)
