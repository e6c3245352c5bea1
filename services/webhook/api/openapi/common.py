"""What operations on several resources have in common: parameters, and the operation that lists a resource."""

from services.webhook.api.auth import ShopRequestHandler
from services.webhook.api.openapi.operation import Operation, Parameter, Resource, ResponseSpec
from services.webhook.http.problems import ProblemKind

CONFIRMATION_ID = Parameter(
    "id", "path", "The confirmation's id.", {"type": "string", "examples": ["cnf_01JD8X3F7Q2M5N8P0R4T6V9WZA"]}
)
PHONE = Parameter("phone", "path", "The number, in international form.", {"type": "string", "examples": ["+38344123456"]})
_CURSOR = Parameter("cursor", "query", "The `next_cursor` of the page before.")


def limit_parameter(default: int, most: int) -> Parameter:
    """Return the parameter that says how long a page may be."""
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return Parameter("limit", "query", "How many at most.", schema)


def page_operation(
    resource: Resource,
    handler: ShopRequestHandler,
    answer: ResponseSpec,
    *,
    id: str,  # noqa: A002 - as in `Operation`
    summary: str,
    limit: Parameter,
    description: str = "",
    filters: tuple[Parameter, ...] = (),
) -> Operation:
    """Return the operation that lists a resource page by page, by `limit` and `cursor`."""
    return Operation(
        resource,
        "GET",
        handler,
        id=id,
        summary=summary,
        responses={200: answer},
        description=description,
        parameters=(*filters, limit, _CURSOR),
        problems=(ProblemKind.INVALID_PARAMETER,),
    )
