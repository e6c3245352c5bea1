"""Documents that are the same for everybody: made once, and sent only to who does not have them yet."""

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from services.webhook.http.method_routes import RequestHandler

MakeDocument: TypeAlias = Callable[[], bytes]


def serving(make: MakeDocument, headers: dict[str, str]) -> RequestHandler:
    """Return a handler of the document that `make()` returns when it is first asked for; its `ETag` in `If-None-Match` gets a 304.

    Source: RFC 9110, 13.1.2.
    """
    made = cache(make)

    @cache
    def tag() -> str:
        return f'"{sha256(made()).hexdigest()[:16]}"'

    async def answer(request: Request) -> Response:
        own = {**headers, "etag": tag(), "cache-control": "no-cache"}
        known = request.headers.get("if-none-match", "")
        if tag() in {one.strip().removeprefix("W/") for one in known.split(",")}:
            return Response(status_code=304, headers=own)
        return Response(made(), headers=own)

    return answer
