"""The operations that stream events, as the router and the OpenAPI document take them."""

from services.webhook.api.events.event_models import EventAnswer
from services.webhook.api.events.handlers import EventStreamRoutes
from services.webhook.api.openapi.common import CONFIRMATION_ID
from services.webhook.api.openapi.operation import Operation, Parameter, Resource, ResponseSpec
from services.webhook.http.problems import ProblemKind

_TAG = "Events"
_LAST_EVENT_ID = Parameter("Last-Event-ID", "header", "The `id` of the last event received: goes on behind it.")
_PROBLEMS = (ProblemKind.INVALID_PARAMETER, ProblemKind.TOO_MANY_STREAMS)
_OF_CONFIRMATION = Resource(
    "/v1/confirmations/{id}/events", _TAG, (CONFIRMATION_ID, _LAST_EVENT_ID), (ProblemKind.NOT_FOUND, *_PROBLEMS)
)
_OF_SHOP = Resource("/v1/events", _TAG, (_LAST_EVENT_ID,), _PROBLEMS)
_STREAM = ResponseSpec("Server-sent events.", EventAnswer, media_type="text/event-stream")


def event_operations(routes: EventStreamRoutes) -> tuple[Operation, ...]:
    """Return the operations on event streams."""
    return (
        Operation(
            _OF_CONFIRMATION,
            "GET",
            routes.of_confirmation,
            id="followConfirmation",
            summary="Follow one confirmation",
            description="Starts with the history and ends after `confirmation.finished`.",
            responses={200: _STREAM, 204: ResponseSpec("Nothing is left to tell.")},
        ),
        Operation(
            _OF_SHOP,
            "GET",
            routes.of_shop,
            id="followShop",
            summary="Follow all of the shop's confirmations",
            description="Starts now, or behind `Last-Event-ID`.",
            responses={200: _STREAM},
        ),
    )
