"""The operations on the do-not-call list, as the router and the OpenAPI document take them."""

from services.webhook.api.openapi.common import CURSOR, PHONE, limit_parameter
from services.webhook.api.openapi.operation import Operation, ResponseSpec
from services.webhook.api.opt_outs.handlers import DEFAULT_LIMIT, MAX_LIMIT, OptOutAnswer, OptOutPageAnswer, OptOutRoutes
from services.webhook.http.problems import ProblemKind


def opt_out_operations(routes: OptOutRoutes) -> tuple[Operation, ...]:
    """Return the operations on the do-not-call list."""
    path, tag = "/v1/opt-outs/{phone}", "Do not call"
    entry = ResponseSpec("The number, and since when.", OptOutAnswer)
    return (
        Operation(
            method="GET",
            path="/v1/opt-outs",
            handler=routes.page,
            id="listOptOuts",
            tag=tag,
            summary="List the numbers that must not be called",
            parameters=(limit_parameter(DEFAULT_LIMIT, MAX_LIMIT), CURSOR),
            responses={200: ResponseSpec("One page.", OptOutPageAnswer)},
            problems=(ProblemKind.INVALID_PARAMETER,),
        ),
        Operation(
            method="PUT",
            path=path,
            handler=routes.add,
            id="addOptOut",
            tag=tag,
            summary="Put a number on the list",
            parameters=(PHONE,),
            responses={200: entry},
            problems=(ProblemKind.INVALID_PARAMETER,),
        ),
        Operation(
            method="GET",
            path=path,
            handler=routes.show,
            id="getOptOut",
            tag=tag,
            summary="Ask whether a number is on the list",
            parameters=(PHONE,),
            responses={200: entry},
            problems=(ProblemKind.INVALID_PARAMETER, ProblemKind.NOT_FOUND),
        ),
        Operation(
            method="DELETE",
            path=path,
            handler=routes.remove,
            id="removeOptOut",
            tag=tag,
            summary="Take a number off the list",
            parameters=(PHONE,),
            responses={204: ResponseSpec("It is off the list.")},
            problems=(ProblemKind.INVALID_PARAMETER, ProblemKind.NOT_FOUND),
        ),
    )
