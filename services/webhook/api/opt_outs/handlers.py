"""The shop's do-not-call list."""

from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.audit.notes import AuditNotes
from services.webhook.http.answers import Answer, Timestamp, json_response
from services.webhook.http.query_parameters import invalid_parameter, number, parameters
from shared.core.errors import NotFoundError
from shared.core.lifecycle.envelope import timestamp
from shared.core.phone import spelt_e164
from shared.store import AuditAction, OptOut, Store

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
_MAX_OFFSET = 10_000_000


class OptOutAnswer(Answer):
    """A number that must not be called."""

    phone: str
    since: Timestamp


class OptOutPageAnswer(Answer):
    """A part of the do-not-call list, newest first."""

    items: list[OptOutAnswer]
    next_cursor: str | None


class OptOutRoutes:
    """`/v1/opt-outs` and `/v1/opt-outs/{phone}`. Test keys have a list of their own, which counts for test orders."""

    def __init__(self, store: Store, allowed_countries: frozenset[str], notes: AuditNotes) -> None:
        self._store = store
        self._notes = notes
        self._allowed_countries = allowed_countries

    async def add(self, request: Request, _shop: str) -> Response:
        """Put a number on the list; doing it twice changes nothing."""
        phone = self._phone(request)
        note = await self._notes.of_phone(request, AuditAction.OPT_OUT_ADDED, phone)
        added = await self._store.opt_outs.add(request.state.caller.owner, phone, audit=note)
        return json_response(_entry(added))

    async def show(self, request: Request, _shop: str) -> Response:
        """Return since when a number is on the list; 404 if it is not."""
        found = await self._store.opt_outs.find(request.state.caller.owner, self._phone(request))
        if found is None:
            raise NotFoundError
        return json_response(_entry(found))

    async def remove(self, request: Request, _shop: str) -> Response:
        """Take a number off the list; 404 if it was not on it."""
        phone = self._phone(request)
        note = await self._notes.of_phone(request, AuditAction.OPT_OUT_REMOVED, phone)
        if not await self._store.opt_outs.remove(request.state.caller.owner, phone, audit=note):
            raise NotFoundError
        return Response(status_code=204)

    async def page(self, request: Request, _shop: str) -> Response:
        """Return one page of the list, newest first."""
        values = parameters(request, "limit", "cursor")
        limit = number(values, "limit", default=DEFAULT_LIMIT, most=MAX_LIMIT)
        offset = number(values, "cursor", default=1, most=_MAX_OFFSET) - 1
        found = await self._store.opt_outs.list(request.state.caller.owner, limit=limit + 1, offset=offset)
        more = str(offset + limit + 1) if len(found) > limit else None
        return json_response(OptOutPageAnswer(items=[_entry(entry) for entry in found[:limit]], next_cursor=more))

    def _phone(self, request: Request) -> str:
        """Return the path's number as a confirmation holds it.

        Raises:
            ProblemError: The path has no phone number.
        """
        phone = spelt_e164(request.path_params["phone"], self._allowed_countries)
        if phone is None:
            raise invalid_parameter("phone", "The path must end in a phone number, such as +38344123456.")
        return phone


def _entry(opt_out: OptOut) -> OptOutAnswer:
    return {"phone": opt_out.phone, "since": timestamp(opt_out.since)}
