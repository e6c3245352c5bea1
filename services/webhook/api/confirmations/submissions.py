"""The result of a submission, for the API: a status and the confirmation, or a problem."""

from dataclasses import dataclass
from typing import assert_never

from services.webhook.http.problems import ProblemError, ProblemKind
from shared.core.confirmation import Confirmation
from shared.store import AlreadyErased, AlreadyOpen, Created, KeyConflict, OptedOut, PastRequest, Replayed, Submission


@dataclass(frozen=True, slots=True)
class Accepted:
    """The order has a confirmation: a new one (202), or the one that the same request opened before (200)."""

    status: int
    confirmation: Confirmation


def accepted(submission: Submission) -> Accepted:
    """Return the accepted order.

    Raises:
        ProblemError: The order was refused.
    """
    match submission:
        case Created(confirmation):
            return Accepted(202, confirmation)
        case AlreadyOpen(confirmation, is_same=True):
            return Accepted(200, confirmation)
        case AlreadyOpen(confirmation):
            raise _already_open(confirmation)
        case OptedOut():
            raise ProblemError(ProblemKind.OPTED_OUT, "The customer asked not to be called; see /v1/opt-outs.")
        case KeyConflict():
            raise key_reused()
        case AlreadyErased():
            raise erased()
        case Replayed(first):
            return accepted(first)
        case _:
            assert_never(submission)


def past_request(value: object, digest: str, key: str | None = None) -> PastRequest | None:
    """Return the keys under which an earlier request with this body may be found; None if the body has none.

    It serves bodies that are not valid any more: `expires_at` passes, settings change. A repetition is answered as the first
    request was.
    """
    order = value.get("order") if isinstance(value, dict) else None
    order_id = order.get("id") if isinstance(order, dict) else None
    if isinstance(order_id, str) and order_id:
        return PastRequest(order_id, digest, key)
    return None if key is None else PastRequest("", digest, key)


def erased() -> ProblemError:
    """Return the problem of a request that is repeated after its confirmation was erased."""
    return ProblemError(ProblemKind.ERASED, "It was taken in, and its confirmation has been erased since.")


def key_reused() -> ProblemError:
    """Return the problem of an idempotency key that belongs to another request."""
    return ProblemError(ProblemKind.IDEMPOTENCY_KEY_REUSED, "Use a new Idempotency-Key for a new request.")


def path_of(confirmation: Confirmation) -> str:
    """Return the confirmation's own path."""
    return f"/v1/confirmations/{confirmation.id}"


def _already_open(confirmation: Confirmation) -> ProblemError:
    """Return the problem of an order that is being confirmed already; it links to the confirmation."""
    link = path_of(confirmation)
    return ProblemError(
        ProblemKind.ALREADY_OPEN,
        "This order is being confirmed with another body; withdraw that first, or wait for its end.",
        extra={"confirmation_id": confirmation.id, "confirmation": link},
        headers={"location": link},
    )
