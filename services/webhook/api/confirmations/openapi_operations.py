"""The operations on confirmations, as the router and the OpenAPI document take them."""

from services.webhook.api.confirmations.bulk import BulkRoutes
from services.webhook.api.confirmations.bulk_replay import BulkAnswer
from services.webhook.api.confirmations.handlers import ConfirmationRoutes
from services.webhook.api.confirmations.listing import DEFAULT_LIMIT, MAX_LIMIT, ListingRoutes, PageAnswer
from services.webhook.api.confirmations.preview import PreviewAnswer, PreviewRoutes
from services.webhook.api.confirmations.representation import ConfirmationAnswer
from services.webhook.api.confirmations.requests import BulkBody, ConfirmationBody
from services.webhook.api.confirmations.transcript import TranscriptAnswer, TranscriptRoutes
from services.webhook.api.openapi.common import BODY_PROBLEMS, CONFIRMATION_ID, CURSOR, limit_parameter
from services.webhook.api.openapi.operation import Operation, Parameter, ResponseSpec
from services.webhook.http.problems import ProblemKind
from shared.core.outcome import Outcome, Status

_KEY = Parameter(
    "Idempotency-Key",
    "header",
    "Names this request: the same key and body are answered as the first time, with `Idempotency-Replayed: true`.",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
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


def confirmation_operations(
    *, routes: ConfirmationRoutes, listing: ListingRoutes, bulk: BulkRoutes, preview: PreviewRoutes, transcripts: TranscriptRoutes
) -> tuple[Operation, ...]:
    """Return the operations on confirmations; a path with fixed words stands before one with a parameter in their place."""
    return (
        *_of_all(routes=routes, listing=listing),
        *_bulk_and_preview(bulk=bulk, preview=preview),
        *_of_one(routes=routes, transcripts=transcripts),
    )


def _of_all(*, routes: ConfirmationRoutes, listing: ListingRoutes) -> tuple[Operation, ...]:
    path, tag = "/v1/confirmations", "Confirmations"
    return (
        Operation(
            method="POST",
            path=path,
            handler=routes.create,
            id="createConfirmation",
            tag=tag,
            summary="Have an order confirmed by phone",
            parameters=(_KEY,),
            body=ConfirmationBody,
            example=_EXAMPLE,
            responses={
                202: ResponseSpec("Taken in.", ConfirmationAnswer, {"Location": "Path of the confirmation."}),
                200: ResponseSpec("The same body has an open confirmation: this one.", ConfirmationAnswer),
            },
            problems=(*BODY_PROBLEMS, *_KEY_PROBLEMS, ProblemKind.ALREADY_OPEN, ProblemKind.OPTED_OUT, ProblemKind.ERASED),
        ),
        Operation(
            method="GET",
            path=path,
            handler=listing.page,
            id="listConfirmations",
            tag=tag,
            summary="List confirmations, newest first",
            parameters=(
                Parameter("status", "query", "Only with this status.", {"enum": [status.value for status in Status]}),
                Parameter("outcome", "query", "Only with this outcome.", {"enum": [outcome.value for outcome in Outcome]}),
                Parameter("order_id", "query", "Only of this order."),
                limit_parameter(DEFAULT_LIMIT, MAX_LIMIT),
                CURSOR,
            ),
            responses={200: ResponseSpec("One page.", PageAnswer)},
            problems=(ProblemKind.INVALID_PARAMETER,),
        ),
    )


def _bulk_and_preview(*, bulk: BulkRoutes, preview: PreviewRoutes) -> tuple[Operation, ...]:
    path, tag = "/v1/confirmations", "Confirmations"
    return (
        Operation(
            method="POST",
            path=f"{path}/bulk",
            handler=bulk.create,
            id="createConfirmations",
            tag=tag,
            summary="Have up to 1,000 orders confirmed",
            description="Each item stands for itself: one that is refused stops no other.",
            parameters=(_KEY,),
            body=BulkBody,
            example={"items": [_EXAMPLE]},
            responses={200: ResponseSpec("The results, in the order of the items.", BulkAnswer)},
            problems=(*BODY_PROBLEMS, *_KEY_PROBLEMS, ProblemKind.IDEMPOTENCY_KEY_IN_USE),
        ),
        Operation(
            method="POST",
            path=f"{path}/preview",
            handler=preview.show,
            id="previewConfirmation",
            tag=tag,
            summary="See what the customer would hear, and when",
            description="Stores nothing and calls nobody.",
            body=ConfirmationBody,
            example=_EXAMPLE,
            responses={200: ResponseSpec("The words of the call.", PreviewAnswer)},
            problems=BODY_PROBLEMS,
        ),
    )


def _of_one(*, routes: ConfirmationRoutes, transcripts: TranscriptRoutes) -> tuple[Operation, ...]:
    path, tag = "/v1/confirmations/{id}", "Confirmations"
    shown = ResponseSpec("The confirmation.", ConfirmationAnswer)
    return (
        Operation(
            method="GET",
            path=path,
            handler=routes.show,
            id="getConfirmation",
            tag=tag,
            summary="Look one up",
            parameters=(CONFIRMATION_ID,),
            responses={200: shown},
            problems=(ProblemKind.NOT_FOUND,),
        ),
        Operation(
            method="DELETE",
            path=path,
            handler=routes.withdraw,
            id="withdrawConfirmation",
            tag=tag,
            summary="Take the order back",
            description="Waiting: it is never called. Ringing: the call is cancelled. In a call: a goodbye, then hang-up.",
            parameters=(CONFIRMATION_ID,),
            responses={200: shown},
            problems=(ProblemKind.NOT_FOUND, ProblemKind.ALREADY_DECIDED, ProblemKind.ALREADY_FINISHED),
        ),
        Operation(
            method="GET",
            path=f"{path}/transcript",
            handler=transcripts.show,
            id="getTranscript",
            tag=tag,
            summary="Read what was said",
            parameters=(CONFIRMATION_ID,),
            responses={200: ResponseSpec("All turns.", TranscriptAnswer)},
            problems=(ProblemKind.NOT_FOUND,),
        ),
    )
