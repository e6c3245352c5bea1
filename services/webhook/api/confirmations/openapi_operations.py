"""The operations on confirmations, as the router and the OpenAPI document take them."""

from services.webhook.api.confirmations.bulk import BulkRoutes
from services.webhook.api.confirmations.bulk_replay import BulkAnswer
from services.webhook.api.confirmations.handlers import ConfirmationRoutes
from services.webhook.api.confirmations.listing import DEFAULT_LIMIT, MAX_LIMIT, ListingRoutes, PageAnswer
from services.webhook.api.confirmations.preview import PreviewAnswer, PreviewRoutes
from services.webhook.api.confirmations.representation import ConfirmationAnswer
from services.webhook.api.confirmations.requests import BulkBody, ConfirmationBody
from services.webhook.api.confirmations.transcript import TranscriptAnswer, TranscriptRoutes
from services.webhook.api.openapi.common import CONFIRMATION_ID, limit_parameter, page_operation
from services.webhook.api.openapi.operation import Operation, Parameter, RequestBody, Resource, ResponseSpec
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
_ORDER = RequestBody(ConfirmationBody, _EXAMPLE)
_CONFIRMATIONS = Resource("/v1/confirmations", "Confirmations")
_BULK = _CONFIRMATIONS.below("bulk")
_PREVIEW = _CONFIRMATIONS.below("preview")
_CONFIRMATION = _CONFIRMATIONS.below("{id}", parameters=(CONFIRMATION_ID,), problems=(ProblemKind.NOT_FOUND,))
_TRANSCRIPT = _CONFIRMATION.below("transcript")


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
    return (
        Operation(
            _CONFIRMATIONS,
            "POST",
            routes.create,
            id="createConfirmation",
            summary="Have an order confirmed by phone",
            parameters=(_KEY,),
            body=_ORDER,
            responses={
                202: ResponseSpec("Taken in.", ConfirmationAnswer, {"Location": "Path of the confirmation."}),
                200: ResponseSpec("The same body has an open confirmation: this one.", ConfirmationAnswer),
            },
            problems=(*_KEY_PROBLEMS, ProblemKind.ALREADY_OPEN, ProblemKind.OPTED_OUT, ProblemKind.ERASED),
        ),
        page_operation(
            _CONFIRMATIONS,
            listing.page,
            ResponseSpec("One page.", PageAnswer),
            id="listConfirmations",
            summary="List confirmations, newest first",
            limit=limit_parameter(DEFAULT_LIMIT, MAX_LIMIT),
            filters=(
                Parameter("status", "query", "Only with this status.", {"enum": [status.value for status in Status]}),
                Parameter("outcome", "query", "Only with this outcome.", {"enum": [outcome.value for outcome in Outcome]}),
                Parameter("order_id", "query", "Only of this order."),
            ),
        ),
    )


def _bulk_and_preview(*, bulk: BulkRoutes, preview: PreviewRoutes) -> tuple[Operation, ...]:
    return (
        Operation(
            _BULK,
            "POST",
            bulk.create,
            id="createConfirmations",
            summary="Have up to 1,000 orders confirmed",
            description="Each item stands for itself: one that is refused stops no other.",
            parameters=(_KEY,),
            body=RequestBody(BulkBody, {"items": [_EXAMPLE]}),
            responses={200: ResponseSpec("The results, in the order of the items.", BulkAnswer)},
            problems=(*_KEY_PROBLEMS, ProblemKind.IDEMPOTENCY_KEY_IN_USE),
        ),
        Operation(
            _PREVIEW,
            "POST",
            preview.show,
            id="previewConfirmation",
            summary="See what the customer would hear, and when",
            description="Stores nothing and calls nobody.",
            body=_ORDER,
            responses={200: ResponseSpec("The words of the call.", PreviewAnswer)},
        ),
    )


def _of_one(*, routes: ConfirmationRoutes, transcripts: TranscriptRoutes) -> tuple[Operation, ...]:
    shown = {200: ResponseSpec("The confirmation.", ConfirmationAnswer)}
    turns = {200: ResponseSpec("All turns.", TranscriptAnswer)}
    return (
        Operation(_CONFIRMATION, "GET", routes.show, id="getConfirmation", summary="Look one up", responses=shown),
        Operation(
            _CONFIRMATION,
            "DELETE",
            routes.withdraw,
            id="withdrawConfirmation",
            summary="Take the order back",
            description="Waiting: it is never called. Ringing: the call is cancelled. In a call: a goodbye, then hang-up.",
            responses=shown,
            problems=(ProblemKind.ALREADY_DECIDED, ProblemKind.ALREADY_FINISHED),
        ),
        Operation(_TRANSCRIPT, "GET", transcripts.show, id="getTranscript", summary="Read what was said", responses=turns),
    )
