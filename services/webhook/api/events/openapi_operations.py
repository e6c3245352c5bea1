"""The operations that stream events, as the router and the OpenAPI document take them."""

from services.webhook.api.events.event_models import EventAnswer
from services.webhook.api.events.handlers import EventStreamRoutes
from services.webhook.api.openapi.common import CONFIRMATION_ID
from services.webhook.api.openapi.operation import Operation, Parameter, ResponseSpec
from services.webhook.http.problems import ProblemKind

_LAST_EVENT_ID = Parameter("Last-Event-ID", "header", "The `id` of the last event received: goes on behind it.")


def event_operations(routes: EventStreamRoutes) -> tuple[Operation, ...]:
    """Return the operations on event streams."""
    stream = "text/event-stream"
    return (
        Operation(
            method="GET",
            path="/v1/confirmations/{id}/events",
            handler=routes.of_confirmation,
            id="followConfirmation",
            tag="Events",
            summary="Follow one confirmation",
            description="Starts with the history and ends after `confirmation.finished`.",
            parameters=(CONFIRMATION_ID, _LAST_EVENT_ID),
            responses={
                200: ResponseSpec("Server-sent events.", EventAnswer, media_type=stream),
                204: ResponseSpec("Nothing is left to tell."),
            },
            problems=(ProblemKind.NOT_FOUND, ProblemKind.INVALID_PARAMETER, ProblemKind.TOO_MANY_STREAMS),
        ),
        Operation(
            method="GET",
            path="/v1/events",
            handler=routes.of_shop,
            id="followShop",
            tag="Events",
            summary="Follow all of the shop's confirmations",
            description="Starts now, or behind `Last-Event-ID`.",
            parameters=(_LAST_EVENT_ID,),
            responses={200: ResponseSpec("Server-sent events.", EventAnswer, media_type=stream)},
            problems=(ProblemKind.INVALID_PARAMETER, ProblemKind.TOO_MANY_STREAMS),
        ),
    )
