"""The operations on webhook endpoints."""

from services.webhook.api.openapi.operation import Op, Parameter, Reply
from services.webhook.api.webhook_endpoints import requests as answers
from services.webhook.api.webhook_endpoints.handlers import DEFAULT_LIMIT, MAX_LIMIT, Endpoints
from services.webhook.http.problems import ProblemKind

_PATH, _TAG = "/v1/webhook-endpoints", "Webhooks"
_ID = Parameter("id", "path", "The endpoint's id.", {"type": "string", "examples": ["whe_01JD8X3F7Q2M5N8P0R4T6V9WZA"]})
_BODY_PROBLEMS = (
    ProblemKind.INVALID_JSON,
    ProblemKind.BODY_TOO_LARGE,
    ProblemKind.UNSUPPORTED_MEDIA_TYPE,
    ProblemKind.VALIDATION_FAILED,
)


def endpoint_operations(endpoints: Endpoints) -> tuple[Op, ...]:
    """Return all of them."""
    return (*_all(endpoints), *_one(endpoints), *_dead(endpoints))


def _all(endpoints: Endpoints) -> tuple[Op, ...]:
    return (
        Op(
            method="POST",
            path=_PATH,
            respond=endpoints.create,
            id="createWebhookEndpoint",
            tag=_TAG,
            summary="Have events sent to a server of yours",
            description="Signed as Standard Webhooks says; tried again over a day. The secret is shown in this answer only.",
            body=answers.EndpointBody,
            example={"url": "https://shop.example/hooks/orders", "events": ["confirmation.finished"]},
            replies={201: Reply("The endpoint.", answers.EndpointWithSecretAnswer, {"Location": "Path of the endpoint."})},
            problems=(*_BODY_PROBLEMS, ProblemKind.TOO_MANY_ENDPOINTS),
        ),
        Op(
            method="GET",
            path=_PATH,
            respond=endpoints.page,
            id="listWebhookEndpoints",
            tag=_TAG,
            summary="List the endpoints",
            replies={200: Reply("All endpoints.", answers.EndpointPageAnswer)},
            problems=(ProblemKind.INVALID_PARAMETER,),
        ),
    )


def _one(endpoints: Endpoints) -> tuple[Op, ...]:
    path, shown = f"{_PATH}/{{id}}", Reply("The endpoint.", answers.EndpointAnswer)
    return (
        Op(
            method="GET",
            path=path,
            respond=endpoints.show,
            id="getWebhookEndpoint",
            tag=_TAG,
            summary="Look one up",
            parameters=(_ID,),
            replies={200: shown},
            problems=(ProblemKind.NOT_FOUND,),
        ),
        Op(
            method="PATCH",
            path=path,
            respond=endpoints.change,
            id="changeWebhookEndpoint",
            tag=_TAG,
            summary="Change, disable or enable one",
            parameters=(_ID,),
            body=answers.EndpointChange,
            example={"enabled": False},
            replies={200: shown},
            problems=(*_BODY_PROBLEMS, ProblemKind.NOT_FOUND),
        ),
        Op(
            method="DELETE",
            path=path,
            respond=endpoints.drop,
            id="deleteWebhookEndpoint",
            tag=_TAG,
            summary="Delete one, and all that waits for it",
            parameters=(_ID,),
            replies={204: Reply("It is gone.")},
            problems=(ProblemKind.NOT_FOUND,),
        ),
        Op(
            method="POST",
            path=f"{path}/rotate-secret",
            respond=endpoints.rotate,
            id="rotateWebhookSecret",
            tag=_TAG,
            summary="Get a new secret",
            description="For 24 hours the old secret signs beside the new one.",
            parameters=(_ID,),
            replies={200: Reply("The endpoint with its new secret.", answers.EndpointWithSecretAnswer)},
            problems=(ProblemKind.NOT_FOUND,),
        ),
    )


def _dead(endpoints: Endpoints) -> tuple[Op, ...]:
    path = f"{_PATH}/{{id}}/dead-letters"
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    return (
        Op(
            method="GET",
            path=path,
            respond=endpoints.dead_letters,
            id="listDeadLetters",
            tag=_TAG,
            summary="List what could not be delivered",
            parameters=(
                _ID,
                Parameter("limit", "query", "How many at most.", limit),
                Parameter("cursor", "query", "The `next_cursor` of the page before."),
            ),
            replies={200: Reply("One page, newest first.", answers.DeadLetterPageAnswer)},
            problems=(ProblemKind.NOT_FOUND, ProblemKind.INVALID_PARAMETER),
        ),
        Op(
            method="POST",
            path=f"{path}/resend",
            respond=endpoints.resend,
            id="resendDeadLetters",
            tag=_TAG,
            summary="Send dead letters again",
            parameters=(_ID,),
            body=answers.ResendBody,
            needs_body=False,
            example={"event_ids": ["cnf_01JD8X3F7Q2M5N8P0R4T6V9WZA.5"]},
            replies={200: Reply("How many.", answers.ResentAnswer)},
            problems=(*_BODY_PROBLEMS, ProblemKind.NOT_FOUND),
        ),
    )
