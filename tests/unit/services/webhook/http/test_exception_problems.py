"""An exception is answered by the problem of its kind."""

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from services.webhook.http.exception_problems import problem_of
from services.webhook.http.middleware import RequestMiddleware
from services.webhook.http.problems import ProblemError, ProblemKind
from shared.core.errors import NotFoundError, StoreUnavailableError
from shared.runtime.health import Health
from shared.runtime.metrics import make_registry


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "bad_request"),
        (401, "unauthorized"),
        (404, "not_found"),
        (405, "method_not_allowed"),
        (408, "body_timeout"),
        (413, "body_too_large"),
        (415, "unsupported_media_type"),
        (429, "too_many_requests"),
    ],
)
def test_starlettes_exceptions_keep_their_status(status: int, code: str) -> None:
    kind = problem_of(HTTPException(status)).kind
    assert (kind.status, kind.code) == (status, code)


@pytest.mark.parametrize(("status", "known"), [(418, 400), (422, 400), (500, 500), (501, 500)])
def test_a_status_without_a_kind_stays_an_error_of_its_side(status: int, known: int) -> None:
    assert problem_of(HTTPException(status)).kind.status == known


def test_starlettes_headers_are_kept_and_its_words_are_not() -> None:
    problem = problem_of(HTTPException(405, detail="GET of +38344123456", headers={"Allow": "GET, HEAD"}))
    assert problem.headers == {"Allow": "GET, HEAD"}
    assert "383" not in problem.detail


def test_our_own_errors_have_their_own_problems() -> None:
    own = ProblemError(ProblemKind.OPTED_OUT, "Why.")
    assert problem_of(own) is own
    assert problem_of(NotFoundError()).kind is ProblemKind.NOT_FOUND
    away = problem_of(StoreUnavailableError("timeout"))
    assert (away.kind, away.headers) == (ProblemKind.STORE_UNAVAILABLE, {"retry-after": "1"})


async def test_a_method_that_starlette_refuses_is_answered_with_405_and_allow() -> None:
    async def answer(_request: Request) -> Response:
        return Response()

    registry = make_registry("webhook")
    app = RequestMiddleware(Router([Route("/only-get", answer, methods=["GET"])]), registry=registry, health=Health(registry))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        refused = await client.post("/only-get")
        assert (refused.status_code, refused.json()["code"]) == (405, "method_not_allowed")
        assert set(refused.headers["allow"].split(", ")) == {"GET", "HEAD"}
        assert refused.headers["content-type"] == "application/problem+json"
        assert (await client.get("/nowhere")).json()["code"] == "not_found"
