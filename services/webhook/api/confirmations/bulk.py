"""Many orders in one request: each is taken or refused by itself; a faulty item stops no other."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import assert_never

from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.audit.notes import AuditNotes
from services.webhook.api.confirmations.bulk_replay import (
    BulkAnswer,
    BulkRefused,
    BulkTaken,
    KeptResult,
    encoded,
    kept_result,
    replayed_answer,
    result_answer,
)
from services.webhook.api.confirmations.idempotency import idempotency_key
from services.webhook.api.confirmations.intake import new_confirmation
from services.webhook.api.confirmations.requests import MAX_BULK_ITEMS, ConfirmationBody
from services.webhook.api.confirmations.submissions import key_reused, past_request
from services.webhook.api.validation import validated
from services.webhook.api.validation_context import ValidationContext, ValidationRules
from services.webhook.http.answers import json_response
from services.webhook.http.body import MAX_BULK_BODY, fingerprint, read_json
from services.webhook.http.middleware import STORE_LIMIT_S
from services.webhook.http.problems import FieldFault, ProblemError, ProblemKind, faulty_fields
from services.webhook.http.run_both import run_both
from shared.core.confirmation import Confirmation
from shared.core.errors import StoreUnavailableError
from shared.store import (
    Answered,
    AuditAction,
    Claimed,
    IdempotencyKey,
    KeyConflict,
    KeyInProgress,
    Store,
    Submission,
    set_time_budget,
)

_FREEING_LIMIT_S = 0.5
_AT_ONCE = 50  # other requests get their turn between two batches


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some items, their digests, and what was made of each."""

    items: list[object]
    digests: list[str]
    taken: list[Confirmation | ProblemError]


class BulkRoutes:
    """`POST /v1/confirmations/bulk`."""

    def __init__(self, store: Store, rules: ValidationRules, notes: AuditNotes) -> None:
        self._store = store
        self._notes = notes
        self._rules = rules

    async def create(self, request: Request, shop: str) -> Response:
        """Create a confirmation of each item; the results stand in the order of the items."""
        key = idempotency_key(request)
        items = _items(await read_json(request, MAX_BULK_BODY))
        if key is None:
            _, answer = await self._results(request, shop, items)
            return json_response(answer)
        claim = await self._store.idempotency.claim(shop, IdempotencyKey(key, fingerprint({"bulk": items})))
        match claim:
            case Claimed():
                return await self._answered(request, shop, items, claim)
            case Answered(status, body):
                again = await replayed_answer(self._store, body, self._rules.policy, request.state.request_id)
                return json_response(again, status, {"idempotency-replayed": "true"})
            case KeyConflict():
                raise key_reused()
            case KeyInProgress():
                detail = "The first request with this Idempotency-Key is not answered yet; repeat this one."
                raise ProblemError(ProblemKind.IDEMPOTENCY_KEY_IN_USE, detail, headers={"retry-after": "1"})
            case _:
                assert_never(claim)

    async def _answered(self, request: Request, shop: str, items: list[object], claim: Claimed) -> Response:
        """Create the confirmations and keep the answer; if Redis fails between, the key is free for the next try."""
        try:
            results, answer = await self._results(request, shop, items)
            response = json_response(answer)
            await self._store.idempotency.answer(claim, Answered(response.status_code, encoded(results)))
        except StoreUnavailableError:
            set_time_budget(_FREEING_LIMIT_S)
            with contextlib.suppress(StoreUnavailableError):  # the key comes free by itself, later
                await self._store.idempotency.abandon(claim)
            raise
        return response

    async def _results(self, request: Request, shop: str, items: list[object]) -> tuple[list[KeptResult], BulkAnswer]:
        """Submit one batch after the other; while Redis is busy with one, the next is read.

        Returns what to keep, and what to answer.
        """
        context, is_test = self._rules.at(await self._store.now(), shop), request.state.caller.is_test
        results: list[KeptResult] = []
        answers: list[BulkTaken | BulkRefused] = []
        batch = _read(items[:_AT_ONCE], shop, context, is_test=is_test)
        for end in range(_AT_ONCE, len(items) + _AT_ONCE, _AT_ONCE):
            set_time_budget(STORE_LIMIT_S)
            following = _read_soon(items[end : end + _AT_ONCE], shop, context, is_test=is_test)
            submissions, ahead = await run_both(self._submitted(request, batch, shop), following)
            pairs = [kept_result(one, request.state.request_id) for one in submissions]
            results += [result for result, _ in pairs]
            answers += [result_answer(result, confirmation, context.policy) for result, confirmation in pairs]
            batch = ahead
        return results, {"results": answers}

    async def _submitted(self, request: Request, batch: _Batch, shop: str) -> list[Submission | ProblemError]:
        """Submit the valid items; of the others, find those that were submitted before."""
        valid = [one for one in batch.taken if isinstance(one, Confirmation)]
        notes = [self._notes.of(request, AuditAction.CONFIRMATION_CREATED, one.id) for one in valid]
        submissions = iter(await self._store.confirmations.submit_many(valid, audits=notes))
        known = await self._known(batch, shop)
        return [
            known.get(index, one) if isinstance(one, ProblemError) else next(submissions) for index, one in enumerate(batch.taken)
        ]

    async def _known(self, batch: _Batch, shop: str) -> dict[int, Submission]:
        """Return, by index, what became of items that are not valid now but were submitted before."""
        refused = [index for index, one in enumerate(batch.taken) if isinstance(one, ProblemError)]
        pasts = {index: past for index in refused if (past := past_request(batch.items[index], batch.digests[index]))}
        if not pasts:
            return {}
        found = await self._store.confirmations.recall(shop, list(pasts.values()))
        return {index: known for index, known in zip(pasts, found, strict=True) if known is not None}


async def _read_soon(items: list[object], shop: str, context: ValidationContext, *, is_test: bool) -> _Batch:
    """Read some items, once other tasks had a turn."""
    await asyncio.sleep(0)
    return _read(items, shop, context, is_test=is_test)


def _read(items: list[object], shop: str, context: ValidationContext, *, is_test: bool) -> _Batch:
    """Read some items; pointers in their problems start at the item."""
    digests = [fingerprint(item) for item in items]
    taken: list[Confirmation | ProblemError] = []
    for item, digest in zip(items, digests, strict=True):
        try:
            body = validated(ConfirmationBody, item, context)
        except ProblemError as problem:
            taken.append(problem)
        else:
            taken.append(new_confirmation(body, shop=shop, digest=digest, now=context.now, is_test=is_test))
    return _Batch(items, digests, taken)


def _items(value: object) -> list[object]:
    """Return the items of the body.

    Raises:
        ProblemError: The body is not an object whose only member is a list of at most 1,000 items.
    """
    if not isinstance(value, dict):
        raise faulty_fields([FieldFault("", "wrong_type", "must be an object")])
    unknown = [FieldFault(f"/{name[:100]}", "unknown_field", "is no field of this object") for name in value]
    faults = [fault for fault in unknown if fault.pointer != "/items"]
    items = value.get("items")
    if "items" not in value:
        faults.append(FieldFault("/items", "required", "is required"))
    elif not isinstance(items, list):
        faults.append(FieldFault("/items", "wrong_type", "must be an array"))
    elif len(items) > MAX_BULK_ITEMS:
        faults.append(FieldFault("/items", "too_many", f"must have at most {MAX_BULK_ITEMS} entries"))
    if faults or not isinstance(items, list):
        raise faulty_fields(faults)
    return items
