"""The handlers of one confirmation: it is created, shown, withdrawn."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.audit.notes import AuditNotes
from services.webhook.api.confirmations.idempotency import idempotency_key
from services.webhook.api.confirmations.intake import new_confirmation
from services.webhook.api.confirmations.representation import confirmation_answer
from services.webhook.api.confirmations.requests import ConfirmationBody
from services.webhook.api.confirmations.submissions import accepted, past_request, path_of
from services.webhook.api.shop_isolation import confirmation_of_shop
from services.webhook.api.validation import validated
from services.webhook.api.validation_context import ValidationRules
from services.webhook.http.answers import json_response
from services.webhook.http.body import read_json
from services.webhook.http.json_text import fingerprint
from services.webhook.http.problems import ProblemError, ProblemKind
from shared.core.confirmation import Confirmation
from shared.core.lifecycle.facts import Withdrawn
from shared.store import AuditAction, IdempotencyKey, Replayed, Store, Submission


class ConfirmationRoutes:
    """`POST /v1/confirmations`, and `GET` and `DELETE /v1/confirmations/{id}`."""

    def __init__(self, store: Store, rules: ValidationRules, notes: AuditNotes) -> None:
        self._store = store
        self._notes = notes
        self._rules = rules

    async def create(self, request: Request, shop: str) -> Response:
        """Create a confirmation: 202, or what the same order or the same request led to before."""
        key = idempotency_key(request)
        value = await read_json(request)
        digest = fingerprint(value)
        context = self._rules.at(await self._store.now(), shop)
        try:
            body = validated(ConfirmationBody, value, context)
        except ProblemError:
            past = past_request(value, digest, key)
            known = past and (await self._store.confirmations.recall(request.state.caller.owner, [past]))[0]
            if not known:
                raise
            return self._submitted(known)
        new = new_confirmation(body, shop=shop, digest=digest, now=context.now, is_test=request.state.caller.is_test)
        named = None if key is None else IdempotencyKey(key, digest)
        note = self._notes.of(request, AuditAction.CONFIRMATION_CREATED, new.id)
        return self._submitted(await self._store.confirmations.submit(new, idempotency=named, audit=note))

    async def show(self, request: Request, _shop: str) -> Response:
        """Return one confirmation."""
        return self._shown(await confirmation_of_shop(self._store, request.path_params["id"], request.state.caller))

    async def withdraw(self, request: Request, _shop: str) -> Response:
        """Withdraw the order: it is never called, or its call is brought to an end; refused once the customer has decided."""
        known = await confirmation_of_shop(self._store, request.path_params["id"], request.state.caller)
        note = self._notes.of(request, AuditAction.CONFIRMATION_WITHDRAWN, known.id)
        step = await self._store.confirmations.apply(known.id, Withdrawn, audit=note)
        after = step.confirmation
        if step.is_changed or (after.withdrawn_at is not None and not after.is_finished):
            return self._shown(after)
        if after.is_finished:
            outcome = None if after.outcome is None else after.outcome.value
            detail, extra = "It is finished and can't be taken back any more.", {"outcome": outcome}
            raise ProblemError(ProblemKind.ALREADY_FINISHED, detail, extra=extra)
        raise ProblemError(ProblemKind.ALREADY_DECIDED, "The customer has decided in the call that is under way.")

    def _submitted(self, submission: Submission) -> Response:
        first = submission.first if isinstance(submission, Replayed) else submission
        replayed = {"idempotency-replayed": "true"} if first is not submission else {}
        try:
            taken = accepted(first)
        except ProblemError as problem:
            problem.headers.update(replayed)
            raise
        return self._shown(taken.confirmation, taken.status, {"location": path_of(taken.confirmation), **replayed})

    def _shown(self, confirmation: Confirmation, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        return json_response(confirmation_answer(confirmation, self._rules.policy), status, headers)
