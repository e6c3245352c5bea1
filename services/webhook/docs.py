"""The API's OpenAPI document, and a page that shows it; the page works offline, since all it loads is served from here."""

import json
from collections.abc import Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from services.webhook.api.openapi.document import document
from services.webhook.api.openapi.operation import Operation
from services.webhook.http.documents import serving
from services.webhook.http.method_routes import MethodRoutes
from services.webhook.http.problems import ProblemKind
from shared.core.errors import NotFoundError

_STATIC = Path(__file__).parent / "static"
_JSON_HEADERS = {"content-type": "application/json"}
_PAGE_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def docs_routes(operations: Sequence[Operation]) -> list[BaseRoute]:
    """Return the routes `/openapi.json`, `/docs`, and `/problems/{code}`, which is the `type` of a problem."""
    return [
        Route("/openapi.json", MethodRoutes({"GET": serving(lambda: _openapi(operations), _JSON_HEADERS)})),
        Route("/docs", MethodRoutes({"GET": serving((_STATIC / "docs.html").read_bytes, _PAGE_HEADERS)})),
        Route("/problems/{name}", MethodRoutes({"GET": _problem})),
        Mount("/docs/static", StaticFiles(directory=_STATIC)),
    ]


def _openapi(operations: Sequence[Operation]) -> bytes:
    return json.dumps(document(operations), ensure_ascii=False).encode()


async def _problem(request: Request) -> Response:
    """Return one sentence about a type of problem.

    Raises:
        NotFoundError: There is no such type.
    """
    path = f"/problems/{request.path_params['name']}"
    for kind in ProblemKind:
        if kind.type_uri == path:
            text = f"{kind.code}: {kind.title} (HTTP {kind.status}).\n"
            return Response(text, headers={"content-type": "text/plain; charset=utf-8"})
    raise NotFoundError
