"""The answers about webhook endpoints and forgotten customers, and the bodies that shops send about endpoints."""

from typing import Annotated, Literal

from pydantic import Field

from services.webhook.api.confirmations.requests import Body
from services.webhook.api.response_models import Answer, Moment

EventName = Literal[
    "confirmation.queued",
    "confirmation.waiting",
    "confirmation.calling",
    "confirmation.in_call",
    "confirmation.attempt_ended",
    "confirmation.finished",
]
_Events = Annotated[list[EventName], Field(min_length=1, max_length=10)]
Description = Annotated[str, Field(max_length=200)]
_URL = "Where the events go: https, and no private address."
_EXAMPLE_URL = "https://shop.example/hooks/orders"


class EndpointBody(Body):
    """A new endpoint."""

    url: str = Field(description=_URL, examples=[_EXAMPLE_URL])
    events: _Events | None = Field(None, description="Which events; only `confirmation.finished` where it is left out.")
    description: Description | None = None


class EndpointChange(Body):
    """What is to be different; what is left out stays."""

    url: str | None = Field(None, description=_URL, examples=[_EXAMPLE_URL])
    events: _Events | None = None
    description: Description | None = None
    enabled: bool | None = Field(None, description="`false` stops the deliveries; what waits is kept.")


class ResendBody(Body):
    """Which dead letters to send again."""

    event_ids: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=1000)] | None = Field(
        None, description="The newest 1,000 where it is left out."
    )


class EndpointAnswer(Answer):
    """An endpoint, and how it fares."""

    id: str = Field(examples=["whe_01JD8X3F7Q2M5N8P0R4T6V9WZA"])
    url: str
    events: list[EventName]
    description: str
    enabled: bool
    disabled_because: str | None
    created_at: Moment
    pending: int = Field(description="Confirmations with events that wait to be delivered.")
    dead_letters: int
    paused_until: Moment | None = Field(description="Set after many failures in a row: when the next try is made.")


class EndpointWithSecretAnswer(EndpointAnswer):
    """An endpoint with its secret, which is shown this once."""

    secret: str = Field(description="Verify `webhook-signature` with it (Standard Webhooks).", examples=["whsec_…"])


class EndpointPageAnswer(Answer):
    """The shop's endpoints, oldest first."""

    items: list[EndpointAnswer]


class DeadLetterAnswer(Answer):
    """An event that could not be delivered within a day."""

    event_id: str
    confirmation_id: str
    sequence: int
    given_up_at: Moment
    tries: int
    reason: str


class DeadLetterPageAnswer(Answer):
    """A part of the dead letters, newest first."""

    items: list[DeadLetterAnswer]
    next_cursor: str | None


class ResentAnswer(Answer):
    """How many were put back to be delivered."""

    resent: int


class ForgottenAnswer(Answer):
    """What became of a customer's confirmations."""

    erased: int
    pending: int = Field(description="In a call just now: withdrawn, and erased when it ends.")
    withdrawn: int = Field(description="How many of them were open.")
    unread_outcomes: int = Field(
        description="Outcomes erased before every consumer group of the CRM and every webhook endpoint had them."
    )
    unreadable: int = Field(
        description="Records that nobody can read, and that are still there: the service's operator erases them."
    )
    on_do_not_call_list: bool = Field(description="The number stays on that list; DELETE /v1/opt-outs/{phone} takes it off.")
