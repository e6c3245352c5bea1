"""Parameters and problems that operations of several resources have in common."""

from services.webhook.api.openapi.operation import Parameter
from services.webhook.http.problems import ProblemKind

CONFIRMATION_ID = Parameter(
    "id", "path", "The confirmation's id.", {"type": "string", "examples": ["cnf_01JD8X3F7Q2M5N8P0R4T6V9WZA"]}
)
PHONE = Parameter("phone", "path", "The number, in international form.", {"type": "string", "examples": ["+38344123456"]})
CURSOR = Parameter("cursor", "query", "The `next_cursor` of the page before.")
BODY_PROBLEMS = (
    ProblemKind.INVALID_JSON,
    ProblemKind.BODY_TOO_LARGE,
    ProblemKind.UNSUPPORTED_MEDIA_TYPE,
    ProblemKind.VALIDATION_FAILED,
)


def limit_parameter(default: int, most: int) -> Parameter:
    """Return the parameter that says how long a page may be."""
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return Parameter("limit", "query", "How many at most.", schema)
