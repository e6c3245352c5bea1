"""The bodies that shops send about their webhook endpoints."""

from typing import Annotated, Literal

from pydantic import Field

from services.webhook.api.validation import Body

EventName = Literal[
    "confirmation.queued",
    "confirmation.waiting",
    "confirmation.calling",
    "confirmation.in_call",
    "confirmation.attempt_ended",
    "confirmation.finished",
    "confirmation.late_reply",
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
