"""The `Idempotency-Key` header: by it a repeated request is known."""

import re

from starlette.requests import Request

from services.webhook.http.problems import ProblemError, ProblemKind

_KEY = re.compile(r"[!-~]{1,255}", re.ASCII)


def idempotency_key(request: Request) -> str | None:
    """Return the header's value, None if it is not sent.

    Raises:
        ProblemError: It is empty, too long, sent twice, or not of visible ASCII characters.
    """
    values = request.headers.getlist("idempotency-key")
    if not values:
        return None
    if len(values) > 1 or not _KEY.fullmatch(values[0]):
        detail = "Send one Idempotency-Key of 1 to 255 visible ASCII characters, without spaces."
        raise ProblemError(ProblemKind.INVALID_IDEMPOTENCY_KEY, detail)
    return values[0]
