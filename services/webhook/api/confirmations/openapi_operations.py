"""The list of all operations of the REST API."""

from dataclasses import dataclass

from services.webhook.api import response_models
from services.webhook.api.confirmations.bulk import Bulk
from services.webhook.api.confirmations.handlers import Confirmations
from services.webhook.api.confirmations.listing import DEFAULT_LIMIT, MAX_LIMIT, Listing
from services.webhook.api.confirmations.preview import Preview
from services.webhook.api.confirmations.requests import BulkBody, ConfirmationBody
from services.webhook.api.confirmations.transcript import Transcript
from services.webhook.api.events.handlers import Events
from services.webhook.api.openapi.operation import Op, Parameter, Reply
from services.webhook.api.opt_outs.handlers import OptOutList
from services.webhook.http.problems import ProblemKind
from shared.core.outcome import Outcome, Status

_ID = Parameter("id", "path", "The confirmation's id.", {"type": "string", "examples": ["cnf_01JD8X3F7Q2M5N8P0R4T6V9WZA"]})
_PHONE = Parameter("phone", "path", "The number, in international form.", {"type": "string", "examples": ["+38344123456"]})
_CURSOR = Parameter("cursor", "query", "The `next_cursor` of the page before.")
_KEY = Parameter(
    "Idempotency-Key",
    "header",
    "Names this request: the same key and body are answered as the first time, with `Idempotency-Replayed: true`.",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
)
_LAST_EVENT_ID = Parameter("Last-Event-ID", "header", "The `id` of the last event received: goes on behind it.")
_BODY_PROBLEMS = (
    ProblemKind.INVALID_JSON,
    ProblemKind.BODY_TOO_LARGE,
    ProblemKind.UNSUPPORTED_MEDIA_TYPE,
    ProblemKind.VALIDATION_FAILED,
)
_KEY_PROBLEMS = (ProblemKind.INVALID_IDEMPOTENCY_KEY, ProblemKind.IDEMPOTENCY_KEY_REUSED)
_EXAMPLE = {
    "order": {
        "id": "SHP-10482",
        "total": "59.90",
        "currency": "EUR",
        "items": [{"name": "Kufje me valë", "quantity": 1}],
        "delivery": {"address": "Rr. Agim Ramadani 12, Prishtinë", "date": "2026-11-25"},
    },
    "company": "Shopaz",
    "customer": {"phone": "+38344123456", "name": "Arta", "language": "sq", "timezone": "Europe/Belgrade"},
    "call": {
        "not_before": None,
        "expires_at": None,
        "window": "09:00-20:00",
        "max_attempts": 3,
        "retry_delays": {"busy": 300},
        "on_machine": "hang_up",
        "priority": "normal",
    },
    "metadata": {"crm_id": "42"},
}
_CONFIRMATION = Reply("The confirmation.", response_models.ConfirmationAnswer)


@dataclass(frozen=True, slots=True)
class Parts:
    """Those who answer."""

    confirmations: Confirmations
    listing: Listing
    bulk: Bulk
    preview: Preview
    transcript: Transcript
    events: Events
    opt_outs: OptOutList


def operations(parts: Parts) -> tuple[Op, ...]:
    """Return all operations; a path with fixed words stands before one with a parameter in their place."""
    return (*_confirmations(parts), *_of_one(parts), *_events(parts), *_opt_outs(parts))


def _confirmations(parts: Parts) -> tuple[Op, ...]:
    path, tag = "/v1/confirmations", "Confirmations"
    return (
        Op(
            method="POST",
            path=path,
            respond=parts.confirmations.create,
            id="createConfirmation",
            tag=tag,
            summary="Have an order confirmed by phone",
            parameters=(_KEY,),
            body=ConfirmationBody,
            example=_EXAMPLE,
            replies={
                202: Reply("Taken in.", response_models.ConfirmationAnswer, {"Location": "Path of the confirmation."}),
                200: Reply("The same body has an open confirmation: this one.", response_models.ConfirmationAnswer),
            },
            problems=(*_BODY_PROBLEMS, *_KEY_PROBLEMS, ProblemKind.ALREADY_OPEN, ProblemKind.OPTED_OUT, ProblemKind.ERASED),
        ),
        Op(
            method="GET",
            path=path,
            respond=parts.listing.page,
            id="listConfirmations",
            tag=tag,
            summary="List confirmations, newest first",
            parameters=(
                Parameter("status", "query", "Only with this status.", {"enum": [status.value for status in Status]}),
                Parameter("outcome", "query", "Only with this outcome.", {"enum": [outcome.value for outcome in Outcome]}),
                Parameter("order_id", "query", "Only of this order."),
                _limit(DEFAULT_LIMIT, MAX_LIMIT),
                _CURSOR,
            ),
            replies={200: Reply("One page.", response_models.PageAnswer)},
            problems=(ProblemKind.INVALID_PARAMETER,),
        ),
        Op(
            method="POST",
            path=f"{path}/bulk",
            respond=parts.bulk.create,
            id="createConfirmations",
            tag=tag,
            summary="Have up to 1,000 orders confirmed",
            description="Each item stands for itself: one that is refused stops no other.",
            parameters=(_KEY,),
            body=BulkBody,
            example={"items": [_EXAMPLE]},
            replies={200: Reply("The results, in the order of the items.", response_models.BulkAnswer)},
            problems=(*_BODY_PROBLEMS, *_KEY_PROBLEMS, ProblemKind.IDEMPOTENCY_KEY_IN_USE),
        ),
        Op(
            method="POST",
            path=f"{path}/preview",
            respond=parts.preview.show,
            id="previewConfirmation",
            tag=tag,
            summary="See what the customer would hear, and when",
            description="Stores nothing and calls nobody.",
            body=ConfirmationBody,
            example=_EXAMPLE,
            replies={200: Reply("The words of the call.", response_models.PreviewAnswer)},
            problems=_BODY_PROBLEMS,
        ),
    )


def _of_one(parts: Parts) -> tuple[Op, ...]:
    path, tag = "/v1/confirmations/{id}", "Confirmations"
    return (
        Op(
            method="GET",
            path=path,
            respond=parts.confirmations.show,
            id="getConfirmation",
            tag=tag,
            summary="Look one up",
            parameters=(_ID,),
            replies={200: _CONFIRMATION},
            problems=(ProblemKind.NOT_FOUND,),
        ),
        Op(
            method="DELETE",
            path=path,
            respond=parts.confirmations.withdraw,
            id="withdrawConfirmation",
            tag=tag,
            summary="Take the order back",
            description="Waiting: it is never called. Ringing: the call is cancelled. In a call: a goodbye, then hang-up.",
            parameters=(_ID,),
            replies={200: _CONFIRMATION},
            problems=(ProblemKind.NOT_FOUND, ProblemKind.ALREADY_DECIDED, ProblemKind.ALREADY_FINISHED),
        ),
        Op(
            method="GET",
            path=f"{path}/transcript",
            respond=parts.transcript.show,
            id="getTranscript",
            tag=tag,
            summary="Read what was said",
            parameters=(_ID,),
            replies={200: Reply("All turns.", response_models.TranscriptAnswer)},
            problems=(ProblemKind.NOT_FOUND,),
        ),
    )


def _events(parts: Parts) -> tuple[Op, ...]:
    stream = "text/event-stream"
    return (
        Op(
            method="GET",
            path="/v1/confirmations/{id}/events",
            respond=parts.events.of_confirmation,
            id="followConfirmation",
            tag="Events",
            summary="Follow one confirmation",
            description="Starts with the history and ends after `confirmation.finished`.",
            parameters=(_ID, _LAST_EVENT_ID),
            replies={
                200: Reply("Server-sent events.", response_models.EventAnswer, media_type=stream),
                204: Reply("Nothing is left to tell."),
            },
            problems=(ProblemKind.NOT_FOUND, ProblemKind.INVALID_PARAMETER, ProblemKind.TOO_MANY_STREAMS),
        ),
        Op(
            method="GET",
            path="/v1/events",
            respond=parts.events.of_shop,
            id="followShop",
            tag="Events",
            summary="Follow all of the shop's confirmations",
            description="Starts now, or behind `Last-Event-ID`.",
            parameters=(_LAST_EVENT_ID,),
            replies={200: Reply("Server-sent events.", response_models.EventAnswer, media_type=stream)},
            problems=(ProblemKind.INVALID_PARAMETER, ProblemKind.TOO_MANY_STREAMS),
        ),
    )


def _opt_outs(parts: Parts) -> tuple[Op, ...]:
    path, tag = "/v1/opt-outs/{phone}", "Do not call"
    entry = Reply("The number, and since when.", response_models.OptOutAnswer)
    return (
        Op(
            method="GET",
            path="/v1/opt-outs",
            respond=parts.opt_outs.page,
            id="listOptOuts",
            tag=tag,
            summary="List the numbers that must not be called",
            parameters=(_limit(100, 1000), _CURSOR),
            replies={200: Reply("One page.", response_models.OptOutPageAnswer)},
            problems=(ProblemKind.INVALID_PARAMETER,),
        ),
        Op(
            method="PUT",
            path=path,
            respond=parts.opt_outs.add,
            id="addOptOut",
            tag=tag,
            summary="Put a number on the list",
            parameters=(_PHONE,),
            replies={200: entry},
            problems=(ProblemKind.INVALID_PARAMETER,),
        ),
        Op(
            method="GET",
            path=path,
            respond=parts.opt_outs.show,
            id="getOptOut",
            tag=tag,
            summary="Ask whether a number is on the list",
            parameters=(_PHONE,),
            replies={200: entry},
            problems=(ProblemKind.INVALID_PARAMETER, ProblemKind.NOT_FOUND),
        ),
        Op(
            method="DELETE",
            path=path,
            respond=parts.opt_outs.remove,
            id="removeOptOut",
            tag=tag,
            summary="Take a number off the list",
            parameters=(_PHONE,),
            replies={204: Reply("It is off the list.")},
            problems=(ProblemKind.INVALID_PARAMETER, ProblemKind.NOT_FOUND),
        ),
    )


def _limit(default: int, most: int) -> Parameter:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return Parameter("limit", "query", "How many at most.", schema)
