"""The problem with which an exception is answered."""

from starlette.exceptions import HTTPException

from services.webhook.http.problems import ProblemError, ProblemKind
from shared.core.errors import NotFoundError, StoreUnavailableError

_RETRY_AFTER_S = "1"
_NOTHING_HERE = "There is nothing under this path."
# starlette's exceptions by their status: the kind of problem, and what it says in detail
_KINDS = {
    400: (ProblemKind.BAD_REQUEST, "The request can't be read."),
    401: (ProblemKind.UNAUTHORIZED, "This path needs a key."),
    404: (ProblemKind.NOT_FOUND, _NOTHING_HERE),
    405: (ProblemKind.METHOD_NOT_ALLOWED, "The header Allow names the methods that are allowed here."),
    408: (ProblemKind.BODY_TIMEOUT, "The body took too long to arrive."),
    413: (ProblemKind.BODY_TOO_LARGE, "The body is larger than this path takes."),
    415: (ProblemKind.UNSUPPORTED_MEDIA_TYPE, "The body has a type that this path does not take."),
    429: (ProblemKind.TOO_MANY_REQUESTS, "Wait before the next request."),
}
_FIRST_SERVER_ERROR = 500


def problem_of(error: ProblemError | NotFoundError | StoreUnavailableError | HTTPException) -> ProblemError:
    """Return the problem; starlette's exceptions keep their headers, and a status that has no kind becomes 400 or 500."""
    match error:
        case ProblemError():
            return error
        case StoreUnavailableError():
            return try_again(ProblemKind.STORE_UNAVAILABLE, "Redis is away; repeat the request.")
        case NotFoundError():
            return ProblemError(ProblemKind.NOT_FOUND, _NOTHING_HERE)
        case HTTPException(status_code=status, headers=headers):
            kind, detail = _KINDS.get(status) or _other(status)
            return ProblemError(kind, detail, headers=headers)


def try_again(kind: ProblemKind, detail: str) -> ProblemError:
    """Return a problem that may be gone when the request is repeated."""
    return ProblemError(kind, detail, headers={"retry-after": _RETRY_AFTER_S})


def _other(status: int) -> tuple[ProblemKind, str]:
    if status >= _FIRST_SERVER_ERROR:
        return ProblemKind.INTERNAL_ERROR, "The request could not be answered."
    return _KINDS[400]
