"""The operations on the do-not-call list, as the router and the OpenAPI document take them."""

from services.webhook.api.openapi.common import PHONE, limit_parameter, page_operation
from services.webhook.api.openapi.operation import Operation, Resource, ResponseSpec
from services.webhook.api.opt_outs.handlers import DEFAULT_LIMIT, MAX_LIMIT, OptOutAnswer, OptOutPageAnswer, OptOutRoutes
from services.webhook.http.problems import ProblemKind

_LIST = Resource("/v1/opt-outs", "Do not call")
_NUMBER = _LIST.below("{phone}", parameters=(PHONE,), problems=(ProblemKind.INVALID_PARAMETER,))


def opt_out_operations(routes: OptOutRoutes) -> tuple[Operation, ...]:
    """Return the operations on the do-not-call list."""
    missing = (ProblemKind.NOT_FOUND,)
    entry = {200: ResponseSpec("The number, and since when.", OptOutAnswer)}
    removed = {204: ResponseSpec("It is off the list.")}
    ask = "Ask whether a number is on the list"
    return (
        page_operation(
            _LIST,
            routes.page,
            ResponseSpec("One page.", OptOutPageAnswer),
            id="listOptOuts",
            summary="List the numbers that must not be called",
            limit=limit_parameter(DEFAULT_LIMIT, MAX_LIMIT),
        ),
        Operation(_NUMBER, "PUT", routes.add, id="addOptOut", summary="Put a number on the list", responses=entry),
        Operation(_NUMBER, "GET", routes.show, id="getOptOut", summary=ask, responses=entry, problems=missing),
        Operation(
            _NUMBER,
            "DELETE",
            routes.remove,
            id="removeOptOut",
            summary="Take a number off the list",
            responses=removed,
            problems=missing,
        ),
    )
