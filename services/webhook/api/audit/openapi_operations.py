"""The operation on the audit, as the router and the OpenAPI document take it."""

from services.webhook.api.audit.handlers import DEFAULT_LIMIT, MAX_LIMIT, AuditPageAnswer, AuditRoutes
from services.webhook.api.openapi.common import CURSOR, limit_parameter
from services.webhook.api.openapi.operation import Operation, ResponseSpec
from services.webhook.http.problems import ProblemKind


def audit_operations(routes: AuditRoutes) -> tuple[Operation, ...]:
    """Return the operation on the audit."""
    return (
        Operation(
            method="GET",
            path="/v1/audit",
            handler=routes.page,
            id="listAudit",
            tag="Audit",
            summary="List what was changed, by whom and when",
            description="Every change by an API key or a command of the operator's, newest first. It holds no customer's data: "
            "a phone number is a keyed digest. Test keys are refused.",
            parameters=(limit_parameter(DEFAULT_LIMIT, MAX_LIMIT), CURSOR),
            responses={200: ResponseSpec("One page.", AuditPageAnswer)},
            problems=(ProblemKind.INVALID_PARAMETER, ProblemKind.LIVE_KEY_NEEDED),
        ),
    )
