"""The erasure of a customer: of all that is stored for the shop under one phone number."""

from typing import Annotated

import structlog
from prometheus_client import CollectorRegistry, Counter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.audit.notes import AuditNotes
from services.webhook.http.answers import Answer, json_response
from services.webhook.http.query_parameters import invalid_parameter, parameters
from shared.core.phone import spelt_e164
from shared.store import AuditAction, Store

log = structlog.get_logger()


class ForgottenAnswer(Answer):
    """What became of a customer's confirmations."""

    erased: int
    pending: Annotated[int, Field(description="In a call just now: withdrawn, and erased when it ends.")]
    withdrawn: Annotated[int, Field(description="How many of them were open.")]
    unread_outcomes: Annotated[
        int, Field(description="Outcomes erased before every consumer group of the CRM and every webhook endpoint had them.")
    ]
    unreadable: Annotated[
        int, Field(description="Records that nobody can read, and that are still there: the service's operator erases them.")
    ]
    on_do_not_call_list: Annotated[
        bool, Field(description="The number stays on that list; DELETE /v1/opt-outs/{phone} takes it off.")
    ]


class CustomerRoutes:
    """`DELETE /v1/customers/{phone}`."""

    def __init__(self, store: Store, allowed_countries: frozenset[str], notes: AuditNotes, registry: CollectorRegistry) -> None:
        self._store = store
        self._notes = notes
        self._allowed_countries = allowed_countries
        self._unread = Counter(
            "outcomes_erased_unread", "Outcomes erased before the CRM, or a webhook endpoint, had taken them.", registry=registry
        )

    async def forget(self, request: Request, shop: str) -> Response:
        """Erase it (with a test key only its test orders), and answer with the counts; they are 0 if nothing was stored."""
        parameters(request)
        phone = spelt_e164(request.path_params["phone"], self._allowed_countries)
        if phone is None:
            raise invalid_parameter("phone", "The path must end in a phone number, such as +38344123456.")
        note = await self._notes.of_phone(request, AuditAction.CUSTOMER_ERASED, phone)
        forgotten = await self._store.erasure.customers.erase(shop, phone, only_tests=request.state.caller.is_test, audit=note)
        if forgotten.unread:
            self._unread.inc(forgotten.unread)
            log.warning("outcome_erased_unread", shop=shop, count=forgotten.unread, unread_by=list(forgotten.unread_by))
        if forgotten.unreadable:
            log.error("records_unreadable", shop=shop, confirmation_ids=list(forgotten.unreadable))
        log.info("customer_forgotten", shop=shop, erased=forgotten.erased, pending=forgotten.pending)
        is_opted_out = await self._store.opt_outs.contains(request.state.caller.owner, phone)
        answer = ForgottenAnswer(
            erased=forgotten.erased,
            pending=forgotten.pending,
            withdrawn=forgotten.withdrawn,
            unread_outcomes=forgotten.unread,
            unreadable=len(forgotten.unreadable),
            on_do_not_call_list=is_opted_out,
        )
        return json_response(answer)
