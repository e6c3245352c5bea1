"""The operations on customers, as the router and the OpenAPI document take them."""

from services.webhook.api.customers.handlers import CustomerRoutes, ForgottenAnswer
from services.webhook.api.openapi.common import PHONE
from services.webhook.api.openapi.operation import Operation, Resource, ResponseSpec
from services.webhook.http.problems import ProblemKind

_CUSTOMER = Resource("/v1/customers/{phone}", "Privacy", (PHONE,), (ProblemKind.INVALID_PARAMETER,))


def customer_operations(routes: CustomerRoutes) -> tuple[Operation, ...]:
    """Return the operations on customers."""
    return (
        Operation(
            _CUSTOMER,
            "DELETE",
            routes.forget,
            id="forgetCustomer",
            summary="Erase all that is stored under a phone number",
            description="Open orders are withdrawn first; what is in a call is erased when the call has ended. "
            "The number stays on the do-not-call list where it is on it.",
            responses={200: ResponseSpec("How much was erased.", ForgottenAnswer)},
        ),
    )
