"""The operations on webhook endpoints, as the router and the OpenAPI document take them."""

from services.webhook.api.openapi.common import limit_parameter, page_operation
from services.webhook.api.openapi.operation import Operation, Parameter, RequestBody, Resource, ResponseSpec
from services.webhook.api.webhook_endpoints.handlers import DEFAULT_LIMIT, MAX_LIMIT, WebhookEndpointRoutes
from services.webhook.api.webhook_endpoints.representation import (
    DeadLetterPageAnswer,
    EndpointAnswer,
    EndpointPageAnswer,
    EndpointWithSecretAnswer,
    ResentAnswer,
)
from services.webhook.api.webhook_endpoints.requests import EndpointBody, EndpointChange, ResendBody
from services.webhook.http.problems import ProblemKind

_ID = Parameter("id", "path", "The endpoint's id.", {"type": "string", "examples": ["whe_01JD8X3F7Q2M5N8P0R4T6V9WZA"]})
_ENDPOINTS = Resource("/v1/webhook-endpoints", "Webhooks")
_ENDPOINT = _ENDPOINTS.below("{id}", parameters=(_ID,), problems=(ProblemKind.NOT_FOUND,))
_SECRET = _ENDPOINT.below("rotate-secret")
_DEAD_LETTERS = _ENDPOINT.below("dead-letters")
_RESEND = _DEAD_LETTERS.below("resend")


def webhook_endpoint_operations(routes: WebhookEndpointRoutes) -> tuple[Operation, ...]:
    """Return the operations on webhook endpoints."""
    return (*_of_all(routes), *_of_one(routes), *_dead_letters(routes))


def _of_all(routes: WebhookEndpointRoutes) -> tuple[Operation, ...]:
    return (
        Operation(
            _ENDPOINTS,
            "POST",
            routes.create,
            id="createWebhookEndpoint",
            summary="Have events sent to a server of yours",
            description="Signed as Standard Webhooks says; tried again over a day. The secret is shown in this answer only.",
            body=RequestBody(EndpointBody, {"url": "https://shop.example/hooks/orders", "events": ["confirmation.finished"]}),
            responses={201: ResponseSpec("The endpoint.", EndpointWithSecretAnswer, {"Location": "Path of the endpoint."})},
            problems=(ProblemKind.TOO_MANY_ENDPOINTS,),
        ),
        Operation(
            _ENDPOINTS,
            "GET",
            routes.page,
            id="listWebhookEndpoints",
            summary="List the endpoints",
            responses={200: ResponseSpec("All endpoints.", EndpointPageAnswer)},
            problems=(ProblemKind.INVALID_PARAMETER,),
        ),
    )


def _of_one(routes: WebhookEndpointRoutes) -> tuple[Operation, ...]:
    shown = {200: ResponseSpec("The endpoint.", EndpointAnswer)}
    change = RequestBody(EndpointChange, {"enabled": False})
    delete, gone = "Delete one, and all that waits for it", {204: ResponseSpec("It is gone.")}
    return (
        Operation(_ENDPOINT, "GET", routes.show, id="getWebhookEndpoint", summary="Look one up", responses=shown),
        Operation(
            _ENDPOINT,
            "PATCH",
            routes.change,
            id="changeWebhookEndpoint",
            summary="Change, disable or enable one",
            body=change,
            responses=shown,
        ),
        Operation(_ENDPOINT, "DELETE", routes.delete, id="deleteWebhookEndpoint", summary=delete, responses=gone),
        Operation(
            _SECRET,
            "POST",
            routes.rotate,
            id="rotateWebhookSecret",
            summary="Get a new secret",
            description="For 24 hours the old secret signs beside the new one.",
            responses={200: ResponseSpec("The endpoint with its new secret.", EndpointWithSecretAnswer)},
        ),
    )


def _dead_letters(routes: WebhookEndpointRoutes) -> tuple[Operation, ...]:
    return (
        page_operation(
            _DEAD_LETTERS,
            routes.dead_letters,
            ResponseSpec("One page, newest first.", DeadLetterPageAnswer),
            id="listDeadLetters",
            summary="List what could not be delivered",
            limit=limit_parameter(DEFAULT_LIMIT, MAX_LIMIT),
        ),
        Operation(
            _RESEND,
            "POST",
            routes.resend,
            id="resendDeadLetters",
            summary="Send dead letters again",
            body=RequestBody(ResendBody, {"event_ids": ["cnf_01JD8X3F7Q2M5N8P0R4T6V9WZA.5"]}, is_required=False),
            responses={200: ResponseSpec("How many.", ResentAnswer)},
        ),
    )
