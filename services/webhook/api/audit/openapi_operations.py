"""The operation on the audit, as the router and the OpenAPI document take it."""

from services.webhook.api.audit.handlers import DEFAULT_LIMIT, MAX_LIMIT, AuditPageAnswer, AuditRoutes
from services.webhook.api.openapi.common import limit_parameter, page_operation
from services.webhook.api.openapi.operation import Operation, Resource, ResponseSpec
from services.webhook.http.problems import ProblemKind

_AUDIT = Resource("/v1/audit", "Audit", problems=(ProblemKind.LIVE_KEY_NEEDED,))


def audit_operations(routes: AuditRoutes) -> tuple[Operation, ...]:
    """Return the operation on the audit."""
    return (
        page_operation(
            _AUDIT,
            routes.page,
            ResponseSpec("One page.", AuditPageAnswer),
            id="listAudit",
            summary="List what was changed, by whom and when",
            description="Every change by an API key or a command of the operator's, newest first. It holds no customer's data: "
            "a phone number is a keyed digest. Test keys are refused.",
            limit=limit_parameter(DEFAULT_LIMIT, MAX_LIMIT),
        ),
    )
