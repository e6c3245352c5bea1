"""A customer's right to be forgotten: all that the shop has under one number."""

import structlog
from prometheus_client import CollectorRegistry, Counter
from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.confirmations.handlers import json_response
from services.webhook.api.openapi.operation import Op, Parameter, Reply
from services.webhook.api.webhook_endpoints.requests import ForgottenAnswer
from services.webhook.http.problems import ProblemKind
from services.webhook.http.query_parameters import invalid_parameter, parameters
from shared.core.phone import spelt_e164
from shared.store import Store

log = structlog.get_logger()


class CustomerErasure:
    """`DELETE /v1/customers/{phone}`."""

    def __init__(self, store: Store, allowed_countries: frozenset[str], registry: CollectorRegistry) -> None:
        self._store = store
        self._allowed_countries = allowed_countries
        self._unread = Counter(
            "outcomes_erased_unread", "Outcomes erased before the CRM, or a webhook endpoint, had taken them.", registry=registry
        )

    def operations(self) -> tuple[Op, ...]:
        """Return what the API offers here."""
        phone = Parameter("phone", "path", "The number, in international form.", {"type": "string", "examples": ["+38344123456"]})
        return (
            Op(
                method="DELETE",
                path="/v1/customers/{phone}",
                respond=self.forget,
                id="forgetCustomer",
                tag="Privacy",
                summary="Erase all that is stored under a phone number",
                description="Open orders are withdrawn first; what is in a call is erased when the call has ended. "
                "The number stays on the do-not-call list where it is on it.",
                parameters=(phone,),
                replies={200: Reply("How much was erased.", ForgottenAnswer)},
                problems=(ProblemKind.INVALID_PARAMETER,),
            ),
        )

    async def forget(self, request: Request, shop: str) -> Response:
        """Erase, and answer with the counts; 0 where there was nothing."""
        parameters(request)
        phone = spelt_e164(request.path_params["phone"], self._allowed_countries)
        if phone is None:
            raise invalid_parameter("phone", "The path must end in a phone number, such as +38344123456.")
        forgotten = await self._store.customers.forget(shop, phone)
        if forgotten.unread:
            self._unread.inc(forgotten.unread)
            log.warning("outcome_erased_unread", shop=shop, count=forgotten.unread, unread_by=list(forgotten.unread_by))
        if forgotten.unreadable:
            log.error("records_unreadable", shop=shop, confirmation_ids=list(forgotten.unreadable))
        log.info("customer_forgotten", shop=shop, erased=forgotten.erased, pending=forgotten.pending)
        is_opted_out = await self._store.opt_outs.contains(shop, phone)
        return json_response(
            {
                "erased": forgotten.erased,
                "pending": forgotten.pending,
                "withdrawn": forgotten.withdrawn,
                "unread_outcomes": forgotten.unread,
                "unreadable": len(forgotten.unreadable),
                "on_do_not_call_list": is_opted_out,
            }
        )
