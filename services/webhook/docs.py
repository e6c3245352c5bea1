"""The API's description, and a page for it that works offline: all it needs is served from here."""

import json
from collections.abc import Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from services.webhook.api.openapi.document import document
from services.webhook.api.openapi.operation import Op
from services.webhook.http.method_routes import Resource, Respond
from services.webhook.http.problems import ProblemKind
from shared.core.errors import NotFoundError

_STATIC = Path(__file__).parent / "static"
_PAGE_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def docs_routes(operations: Sequence[Op]) -> list[BaseRoute]:
    """Return `/openapi.json`, `/docs`, and `/problems/{code}`, to which the type of a problem leads."""
    return [
        Route("/openapi.json", Resource({"GET": _openapi(operations)})),
        Route("/docs", Resource({"GET": _page})),
        Route("/problems/{name}", Resource({"GET": _problem})),
        Mount("/docs/static", StaticFiles(directory=_STATIC)),
    ]


def _openapi(operations: Sequence[Op]) -> Respond:
    async def answer(_request: Request) -> Response:
        text = json.dumps(document(operations), ensure_ascii=False)
        return Response(text, headers={"content-type": "application/json", "cache-control": "no-cache"})

    return answer


async def _page(_request: Request) -> Response:
    return Response((_STATIC / "docs.html").read_bytes(), headers=_PAGE_HEADERS)


async def _problem(request: Request) -> Response:
    """Say in one sentence what a type of problem means.

    Raises:
        NotFoundError: There is no such type.
    """
    path = f"/problems/{request.path_params['name']}"
    for kind in ProblemKind:
        if kind.type_uri == path:
            text = f"{kind.code}: {kind.title} (HTTP {kind.status}).\n"
            return Response(text, headers={"content-type": "text/plain; charset=utf-8"})
    raise NotFoundError
