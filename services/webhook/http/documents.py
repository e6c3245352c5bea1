"""Documents that are the same for everybody: made once, and sent only to who does not have them yet."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from services.webhook.http.method_routes import RequestHandler

MakeDocument: TypeAlias = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class _Document:
    content: bytes
    tag: str


def serving(make: MakeDocument, headers: dict[str, str]) -> RequestHandler:
    """Return a handler of the document that `make()` returns when it is first asked for; its `ETag` in `If-None-Match` gets a 304.

    `make` runs in a thread, for other requests must not wait for it. Source of the tag: RFC 9110, 13.1.2.
    """
    made: list[_Document] = []
    making = asyncio.Lock()

    async def document() -> _Document:
        async with making:
            if not made:
                content = await asyncio.to_thread(make)
                made.append(_Document(content, f'"{sha256(content).hexdigest()[:16]}"'))
        return made[0]

    async def answer(request: Request) -> Response:
        one = made[0] if made else await document()
        own = {**headers, "etag": one.tag, "cache-control": "no-cache"}
        known = request.headers.get("if-none-match", "")
        if one.tag in {each.strip().removeprefix("W/") for each in known.split(",")}:
            return Response(status_code=304, headers=own)
        return Response(one.content, headers=own)

    return answer
