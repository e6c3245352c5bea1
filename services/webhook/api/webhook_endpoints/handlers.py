"""The handlers of webhook endpoints: the URLs to which a shop has its events sent."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from ulid import ULID

from services.webhook.api.audit.notes import AuditNotes
from services.webhook.api.shop_isolation import endpoint_of_shop
from services.webhook.api.validation import validated
from services.webhook.api.validation_context import ValidationContext, ValidationRules
from services.webhook.api.webhook_endpoints.representation import (
    DeadLetterPageAnswer,
    EndpointAnswer,
    EndpointPageAnswer,
    EndpointWithSecretAnswer,
    ResentAnswer,
    dead_letter_answer,
    endpoint_answer,
)
from services.webhook.api.webhook_endpoints.requests import EndpointBody, EndpointChange, ResendBody
from services.webhook.http.answers import json_response
from services.webhook.http.body import has_body, read_json
from services.webhook.http.problems import FieldFault, ProblemError, ProblemKind, faulty_fields
from services.webhook.http.query_parameters import number, parameters
from shared.core import ids
from shared.core.lifecycle.shop_event import EventType
from shared.core.webhook_endpoints.endpoint import OVERLAP, SECRET_BYTES, Endpoint, secret_of
from shared.core.webhook_endpoints.url import url_fault
from shared.store import AuditAction, AuditNote, Store, TooManyEndpointsError

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
_MAX_OFFSET = 10_000_000
_BY_SHOP = "the shop disabled it"


class WebhookEndpointRoutes:
    """`/v1/webhook-endpoints` and the paths below it. Test keys have their own, which get only their events."""

    def __init__(self, store: Store, rules: ValidationRules, notes: AuditNotes, *, allows_private: bool) -> None:
        self._store = store
        self._notes = notes
        self._rules = rules
        self._allows_private = allows_private

    async def create(self, request: Request, shop: str) -> Response:
        """Create an endpoint; only this answer shows its secret."""
        context = await self._context()
        body = validated(EndpointBody, await read_json(request), context)
        self._check(body.url)
        endpoint = Endpoint(
            id=ids.endpoint_id(ULID()),
            shop=shop,
            url=body.url,
            events=_types(body.events) or (EventType.FINISHED,),
            secret=_new_secret(),
            created_at=context.now,
            description=body.description or "",
            is_test=request.state.caller.is_test,
        )
        await self._save(endpoint, self._notes.of(request, AuditAction.ENDPOINT_CREATED, endpoint.id))
        headers = {"location": f"/v1/webhook-endpoints/{endpoint.id}"}
        return json_response(await self._with_secret(endpoint), 201, headers)

    async def page(self, request: Request, _shop: str) -> Response:
        """Return all endpoints of the shop."""
        parameters(request)
        found = await self._store.webhooks.list(request.state.caller.owner)
        return json_response(EndpointPageAnswer(items=[await self._shown(endpoint) for endpoint in found]))

    async def show(self, request: Request, _shop: str) -> Response:
        """Return one endpoint."""
        return json_response(await self._shown(await self._of_caller(request)))

    async def change(self, request: Request, _shop: str) -> Response:
        """Change the members that the body names."""
        known = await self._of_caller(request)
        body = validated(EndpointChange, await read_json(request), await self._context())
        if body.url is not None:
            self._check(body.url)
        disabled = known.disabled_because
        if body.enabled is not None:
            disabled = None if body.enabled else (disabled or _BY_SHOP)
        changed = replace(
            known,
            url=body.url or known.url,
            events=_types(body.events) or known.events,
            description=known.description if body.description is None else body.description,
            disabled_because=disabled,
        )
        await self._save(changed, self._notes.of(request, AuditAction.ENDPOINT_CHANGED, known.id))
        return json_response(await self._shown(changed))

    async def delete(self, request: Request, _shop: str) -> Response:
        """Delete an endpoint and all events that wait for it."""
        known = await self._of_caller(request)
        await self._store.webhooks.drop(known, audit=self._notes.of(request, AuditAction.ENDPOINT_DELETED, known.id))
        return Response(status_code=204)

    async def rotate(self, request: Request, _shop: str) -> Response:
        """Give the endpoint a new secret; for a day the old one signs too, unless it is one that could not be opened."""
        known = await self._of_caller(request)
        until = await self._store.now() + OVERLAP if known.can_sign else None
        turned = replace(known, secret=_new_secret(), old_secret=known.secret if known.can_sign else "", old_secret_until=until)
        await self._save(turned, self._notes.of(request, AuditAction.ENDPOINT_SECRET_ROTATED, known.id))
        return json_response(await self._with_secret(turned))

    async def dead_letters(self, request: Request, _shop: str) -> Response:
        """Return one page of the events that could not be delivered, newest first."""
        endpoint = await self._of_caller(request)
        values = parameters(request, "limit", "cursor")
        limit = number(values, "limit", default=DEFAULT_LIMIT, most=MAX_LIMIT)
        offset = number(values, "cursor", default=1, most=_MAX_OFFSET) - 1
        found = await self._store.deliveries.dead_letters(endpoint.id, limit=limit + 1, offset=offset)
        more = str(offset + limit + 1) if len(found) > limit else None
        return json_response(DeadLetterPageAnswer(items=[dead_letter_answer(dead) for dead in found[:limit]], next_cursor=more))

    async def resend(self, request: Request, _shop: str) -> Response:
        """Have dead letters delivered again, at once."""
        endpoint = await self._of_caller(request)
        value = await read_json(request) if has_body(request) else {}
        event_ids = validated(ResendBody, value, await self._context()).event_ids
        if event_ids is None:
            newest = await self._store.deliveries.dead_letters(endpoint.id, limit=MAX_LIMIT)
            event_ids = [dead.event_id for dead in newest]
        note = self._notes.of(request, AuditAction.DEAD_LETTERS_RESENT, endpoint.id)
        resent = await self._store.deliveries.resend(endpoint.id, event_ids, audit=note) if event_ids else 0
        return json_response(ResentAnswer(resent=resent))

    async def _of_caller(self, request: Request) -> Endpoint:
        return await endpoint_of_shop(self._store, request.path_params["id"], request.state.caller)

    async def _context(self) -> ValidationContext:
        return self._rules.at(await self._store.now())

    async def _save(self, endpoint: Endpoint, note: AuditNote) -> None:
        try:
            await self._store.webhooks.save(endpoint, audit=note)
        except TooManyEndpointsError:
            raise ProblemError(ProblemKind.TOO_MANY_ENDPOINTS, "Delete one, or let one have more events.") from None

    def _check(self, url: str) -> None:
        """Check a URL to which events are to be sent.

        Raises:
            ProblemError: It is not a URL, or its host is not public.
        """
        fault = url_fault(url, allows_private=self._allows_private)
        if fault is not None:
            raise faulty_fields([FieldFault("/url", "invalid_url", fault)])

    async def _shown(self, endpoint: Endpoint) -> EndpointAnswer:
        return endpoint_answer(endpoint, await self._store.deliveries.counts(endpoint.id))

    async def _with_secret(self, endpoint: Endpoint) -> EndpointWithSecretAnswer:
        return {**await self._shown(endpoint), "secret": endpoint.secret}


def _types(names: Sequence[str] | None) -> tuple[EventType, ...]:
    return tuple(EventType(name) for name in dict.fromkeys(names or ()))


def _new_secret() -> str:
    return secret_of(secrets.token_bytes(SECRET_BYTES))
