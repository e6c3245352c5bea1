"""What an operation has from its resource, and what it states itself."""

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.openapi.common import PHONE, limit_parameter, page_operation
from services.webhook.api.openapi.operation import Operation, Parameter, RequestBody, Resource, ResponseSpec
from services.webhook.http.problems import ProblemKind

LIST = Resource("/v1/numbers", "Numbers")
NUMBER = LIST.below("{phone}", parameters=(PHONE,), problems=(ProblemKind.NOT_FOUND,))
DONE = {204: ResponseSpec("Done.")}


class Body(BaseModel):
    """A body."""


async def handler(_request: Request, _shop: str) -> Response:
    return Response()


def test_a_resource_below_another_keeps_its_section_parameters_and_problems() -> None:
    calls = NUMBER.below("calls", problems=(ProblemKind.ERASED,))
    assert calls == Resource("/v1/numbers/{phone}/calls", "Numbers", (PHONE,), (ProblemKind.NOT_FOUND, ProblemKind.ERASED))


def test_an_operation_adds_its_own_to_what_its_resource_has() -> None:
    how = Parameter("how", "query", "How.")
    made = Operation(
        NUMBER, "PUT", handler, id="a", summary="b", responses=DONE, parameters=(how,), problems=(ProblemKind.ALREADY_OPEN,)
    )
    assert made.path == "/v1/numbers/{phone}"
    assert made.all_parameters == (PHONE, how)
    assert made.all_problems == (ProblemKind.NOT_FOUND, ProblemKind.ALREADY_OPEN)


def test_an_operation_with_a_body_has_the_problems_of_bodies() -> None:
    made = Operation(LIST, "POST", handler, id="a", summary="b", responses=DONE, body=RequestBody(Body, {}))
    assert ProblemKind.VALIDATION_FAILED in made.all_problems
    assert ProblemKind.VALIDATION_FAILED not in Operation(LIST, "GET", handler, id="a", summary="b", responses=DONE).all_problems


def test_a_page_is_asked_for_by_filters_limit_and_cursor() -> None:
    only = Parameter("only", "query", "Only these.")
    page = page_operation(
        LIST, handler, ResponseSpec("One page."), id="a", summary="b", limit=limit_parameter(20, 100), filters=(only,)
    )
    assert [parameter.name for parameter in page.all_parameters] == ["only", "limit", "cursor"]
    assert page.all_problems == (ProblemKind.INVALID_PARAMETER,)
