"""Webhook endpoints and dead letters as shops see them: the JSON objects, their schemas, and how they are made."""

from typing import Annotated

from pydantic import Field

from services.webhook.http.answers import Answer, Timestamp, one_of
from shared.core.lifecycle.envelope import timestamp
from shared.core.lifecycle.shop_event import EventType
from shared.core.webhook_endpoints.endpoint import Endpoint
from shared.store import DeadLetter, LaneCounts

_UNREADABLE = "its secret cannot be opened: rotate it, or ask the operator to restore the key in ENCRYPTION_KEYS"
_PARKED = "the deliveries failed on our side again and again; the operator has to look at it, what waits is kept"


class EndpointAnswer(Answer):
    """An endpoint, and how it fares."""

    id: Annotated[str, Field(examples=["whe_01JD8X3F7Q2M5N8P0R4T6V9WZA"])]
    url: str
    events: list[Annotated[str, one_of(EventType)]]
    description: str
    enabled: bool
    disabled_because: str | None
    created_at: Timestamp
    pending: Annotated[int, Field(description="Confirmations with events that wait to be delivered.")]
    dead_letters: int
    fault: Annotated[str | None, Field(description="Why nothing can be delivered, although the endpoint is enabled.")]
    paused_until: Annotated[Timestamp | None, Field(description="Set after many failures in a row: when the next try is made.")]


class EndpointWithSecretAnswer(EndpointAnswer):
    """An endpoint with its secret, which is shown this once."""

    secret: Annotated[str, Field(description="Verify `webhook-signature` with it (Standard Webhooks).", examples=["whsec_…"])]


class EndpointPageAnswer(Answer):
    """The shop's endpoints, oldest first."""

    items: list[EndpointAnswer]


class DeadLetterAnswer(Answer):
    """An event that could not be delivered within a day."""

    event_id: str
    confirmation_id: str
    sequence: int
    given_up_at: Timestamp
    tries: int
    reason: str


class DeadLetterPageAnswer(Answer):
    """A part of the dead letters, newest first."""

    items: list[DeadLetterAnswer]
    next_cursor: str | None


class ResentAnswer(Answer):
    """How many were put back to be delivered."""

    resent: int


def endpoint_answer(endpoint: Endpoint, counts: LaneCounts) -> EndpointAnswer:
    """Return an endpoint as its shop sees it; `counts` are those of its deliveries."""
    disabled = endpoint.disabled_because or (_PARKED if counts.is_parked else None)
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": list(endpoint.events),
        "description": endpoint.description,
        "enabled": disabled is None,
        "disabled_because": disabled,
        "created_at": timestamp(endpoint.created_at),
        "pending": counts.pending,
        "dead_letters": counts.dead,
        "fault": None if endpoint.can_sign else _UNREADABLE,
        "paused_until": None if counts.held_until is None else timestamp(counts.held_until),
    }


def dead_letter_answer(dead: DeadLetter) -> DeadLetterAnswer:
    """Return a dead letter as the shop sees it."""
    confirmation_id, _, sequence = dead.event_id.rpartition(".")
    return {
        "event_id": dead.event_id,
        "confirmation_id": confirmation_id,
        "sequence": int(sequence),
        "given_up_at": timestamp(dead.at),
        "tries": dead.tries,
        "reason": dead.reason,
    }
