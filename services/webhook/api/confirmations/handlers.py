"""Confirmations: taken in, shown, withdrawn."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.confirmations.intake import new_confirmation
from services.webhook.api.confirmations.rules import Rules
from services.webhook.api.confirmations.submissions import accepted, past_request, path_of
from services.webhook.api.representation import confirmation_object
from services.webhook.api.request_models import ConfirmationBody
from services.webhook.api.validation import validated
from services.webhook.http.body import fingerprint, read_json
from services.webhook.http.problems import ProblemError, ProblemKind
from shared.core.confirmation import Confirmation
from shared.core.dialing.dial_policy import DialPolicy
from shared.core.errors import NotFoundError
from shared.core.ids import is_confirmation_id
from shared.core.lifecycle.facts import Withdrawn
from shared.store import IdempotencyKey, Replayed, Store, Submission

_KEY = re.compile(r"[!-~]{1,255}", re.ASCII)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """What bodies are checked against, but for the moment."""

    policy: DialPolicy
    allowed_countries: frozenset[str]
    languages: frozenset[str]


class Confirmations:
    """The resource `/v1/confirmations`."""

    def __init__(self, store: Store, book: RuleBook) -> None:
        self._store = store
        self._book = book

    async def create(self, request: Request, shop: str) -> Response:
        """Take an order in: 202, or what else became of it."""
        key = idempotency_key(request)
        value = await read_json(request)
        digest = fingerprint(value)
        rules = await self.rules()
        try:
            body = validated(ConfirmationBody, value, rules)
        except ProblemError:
            past = past_request(value, digest, key)
            known = past and (await self._store.confirmations.recall(shop, [past]))[0]
            if not known:
                raise
            return self._answer(known)
        new = new_confirmation(body, shop=shop, digest=digest, now=rules.now, is_test=request.state.caller.is_test)
        named = None if key is None else IdempotencyKey(key, digest)
        return self._answer(await self._store.confirmations.submit(new, idempotency=named))

    async def show(self, request: Request, shop: str) -> Response:
        """Return one confirmation."""
        return self.shown(await self.of_shop(request.path_params["id"], shop))

    async def withdraw(self, request: Request, shop: str) -> Response:
        """Take an order back: never called, or the call is brought to its end; too late once somebody decided."""
        known = await self.of_shop(request.path_params["id"], shop)
        step = await self._store.confirmations.apply(known.id, Withdrawn)
        after = step.confirmation
        if step.is_changed or (after.withdrawn_at is not None and not after.is_finished):
            return self.shown(after)
        if after.is_finished:
            outcome = None if after.outcome is None else after.outcome.value
            detail, extra = "It is finished and can't be taken back any more.", {"outcome": outcome}
            raise ProblemError(ProblemKind.ALREADY_FINISHED, detail, extra=extra)
        raise ProblemError(ProblemKind.ALREADY_DECIDED, "The customer has decided in the call that is under way.")

    async def of_shop(self, confirmation_id: str, shop: str) -> Confirmation:
        """Return the shop's own confirmation.

        Raises:
            NotFoundError: There is none of that id, or it is another shop's.
        """
        if not is_confirmation_id(confirmation_id):
            raise NotFoundError
        found = await self._store.confirmations.get(confirmation_id)
        if found.shop != shop:
            raise NotFoundError
        return found

    async def rules(self) -> Rules:
        """Return the rules of this moment, by Redis's clock."""
        book = self._book
        return Rules(
            policy=book.policy,
            allowed_countries=book.allowed_countries,
            languages=book.languages,
            now=await self._store.now(),
        )

    def shown(self, confirmation: Confirmation, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """Return the answer that is the confirmation."""
        return json_response(confirmation_object(confirmation, self._book.policy), status, headers)

    def _answer(self, submission: Submission) -> Response:
        first = submission.first if isinstance(submission, Replayed) else submission
        replayed = {"idempotency-replayed": "true"} if first is not submission else {}
        try:
            taken = accepted(first)
        except ProblemError as problem:
            problem.headers.update(replayed)
            raise
        return self.shown(taken.confirmation, taken.status, {"location": path_of(taken.confirmation), **replayed})


def idempotency_key(request: Request) -> str | None:
    """Return the header's value, None where there is none.

    Raises:
        ProblemError: It is empty, too long, sent twice, or not of visible ASCII characters.
    """
    values = request.headers.getlist("idempotency-key")
    if not values:
        return None
    if len(values) > 1 or not _KEY.fullmatch(values[0]):
        detail = "Send one Idempotency-Key of 1 to 255 visible ASCII characters, without spaces."
        raise ProblemError(ProblemKind.INVALID_IDEMPOTENCY_KEY, detail)
    return values[0]


def json_response(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON answer; private, so that no proxy keeps it."""
    body = msgspec.json.encode(value)
    always = {"content-type": "application/json", "cache-control": "no-store"}
    return Response(body, status, {**always, **(headers or {})})
