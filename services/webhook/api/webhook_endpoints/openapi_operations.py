"""The operations on webhook endpoints, as the router and the OpenAPI document take them."""

from services.webhook.api.openapi.common import BODY_PROBLEMS, CURSOR, limit_parameter
from services.webhook.api.openapi.operation import Operation, Parameter, ResponseSpec
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

_PATH, _TAG = "/v1/webhook-endpoints", "Webhooks"
_ID = Parameter("id", "path", "The endpoint's id.", {"type": "string", "examples": ["whe_01JD8X3F7Q2M5N8P0R4T6V9WZA"]})


def webhook_endpoint_operations(routes: WebhookEndpointRoutes) -> tuple[Operation, ...]:
    """Return the operations on webhook endpoints."""
    return (*_of_all(routes), *_of_one(routes), *_dead_letters(routes))


def _of_all(routes: WebhookEndpointRoutes) -> tuple[Operation, ...]:
    return (
        Operation(
            method="POST",
            path=_PATH,
            handler=routes.create,
            id="createWebhookEndpoint",
            tag=_TAG,
            summary="Have events sent to a server of yours",
            description="Signed as Standard Webhooks says; tried again over a day. The secret is shown in this answer only.",
            body=EndpointBody,
            example={"url": "https://shop.example/hooks/orders", "events": ["confirmation.finished"]},
            responses={201: ResponseSpec("The endpoint.", EndpointWithSecretAnswer, {"Location": "Path of the endpoint."})},
            problems=(*BODY_PROBLEMS, ProblemKind.TOO_MANY_ENDPOINTS),
        ),
        Operation(
            method="GET",
            path=_PATH,
            handler=routes.page,
            id="listWebhookEndpoints",
            tag=_TAG,
            summary="List the endpoints",
            responses={200: ResponseSpec("All endpoints.", EndpointPageAnswer)},
            problems=(ProblemKind.INVALID_PARAMETER,),
        ),
    )


def _of_one(routes: WebhookEndpointRoutes) -> tuple[Operation, ...]:
    path, shown = f"{_PATH}/{{id}}", ResponseSpec("The endpoint.", EndpointAnswer)
    return (
        Operation(
            method="GET",
            path=path,
            handler=routes.show,
            id="getWebhookEndpoint",
            tag=_TAG,
            summary="Look one up",
            parameters=(_ID,),
            responses={200: shown},
            problems=(ProblemKind.NOT_FOUND,),
        ),
        Operation(
            method="PATCH",
            path=path,
            handler=routes.change,
            id="changeWebhookEndpoint",
            tag=_TAG,
            summary="Change, disable or enable one",
            parameters=(_ID,),
            body=EndpointChange,
            example={"enabled": False},
            responses={200: shown},
            problems=(*BODY_PROBLEMS, ProblemKind.NOT_FOUND),
        ),
        Operation(
            method="DELETE",
            path=path,
            handler=routes.delete,
            id="deleteWebhookEndpoint",
            tag=_TAG,
            summary="Delete one, and all that waits for it",
            parameters=(_ID,),
            responses={204: ResponseSpec("It is gone.")},
            problems=(ProblemKind.NOT_FOUND,),
        ),
        Operation(
            method="POST",
            path=f"{path}/rotate-secret",
            handler=routes.rotate,
            id="rotateWebhookSecret",
            tag=_TAG,
            summary="Get a new secret",
            description="For 24 hours the old secret signs beside the new one.",
            parameters=(_ID,),
            responses={200: ResponseSpec("The endpoint with its new secret.", EndpointWithSecretAnswer)},
            problems=(ProblemKind.NOT_FOUND,),
        ),
    )


def _dead_letters(routes: WebhookEndpointRoutes) -> tuple[Operation, ...]:
    path = f"{_PATH}/{{id}}/dead-letters"
    return (
        Operation(
            method="GET",
            path=path,
            handler=routes.dead_letters,
            id="listDeadLetters",
            tag=_TAG,
            summary="List what could not be delivered",
            parameters=(_ID, limit_parameter(DEFAULT_LIMIT, MAX_LIMIT), CURSOR),
            responses={200: ResponseSpec("One page, newest first.", DeadLetterPageAnswer)},
            problems=(ProblemKind.NOT_FOUND, ProblemKind.INVALID_PARAMETER),
        ),
        Operation(
            method="POST",
            path=f"{path}/resend",
            handler=routes.resend,
            id="resendDeadLetters",
            tag=_TAG,
            summary="Send dead letters again",
            parameters=(_ID,),
            body=ResendBody,
            needs_body=False,
            example={"event_ids": ["cnf_01JD8X3F7Q2M5N8P0R4T6V9WZA.5"]},
            responses={200: ResponseSpec("How many.", ResentAnswer)},
            problems=(*BODY_PROBLEMS, ProblemKind.NOT_FOUND),
        ),
    )
