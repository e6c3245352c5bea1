"""Many orders in one request: each is taken or refused by itself; a faulty item stops no other."""

import contextlib
from dataclasses import dataclass
from typing import assert_never

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.audit.notes import AuditNotes
from services.webhook.api.confirmations.bulk_replay import (
    EncodedAnswer,
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
from services.webhook.http.body import MAX_BODY, MAX_BULK_BODY, read_json_body
from services.webhook.http.concurrency_limit import ConcurrencyLimit
from services.webhook.http.gather_or_cancel import gather_or_cancel
from services.webhook.http.json_list import JsonList, read_list
from services.webhook.http.long_work import LongWork
from services.webhook.http.middleware import STORE_LIMIT_S
from services.webhook.http.problems import ProblemError, ProblemKind
from shared.core.confirmation import Confirmation
from shared.core.errors import StoreUnavailableError
from shared.runtime.freed_memory import give_back_memory
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
        self._work = LongWork()
        self._had_great_body = False
        self._places = ConcurrencyLimit("bulk requests", full=ProblemKind.QUOTA_USED, in_all=16, per_owner=4, per_key=3)

    async def create(self, request: Request, shop: str) -> Response:
        """Create a confirmation of each item; the results stand in the order of the items."""
        try:
            with self._places.place(request.state.caller.owner, request.state.caller.key_name):
                return await self._create(request, shop)
        finally:
            if self._had_great_body and not self._places.taken:
                self._had_great_body = False
                give_back_memory()

    async def _create(self, request: Request, shop: str) -> Response:
        key = idempotency_key(request)
        items = await self._items(await read_json_body(request, MAX_BULK_BODY))
        if key is None:
            _, answer = await self._results(request, shop, items)
            return json_response(answer)
        claim = await self._store.idempotency.claim(request.state.caller.owner, IdempotencyKey(key, items.digest))
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

    async def _items(self, body: bytes) -> JsonList:
        self._had_great_body |= len(body) > MAX_BODY
        async with self._work.turns() as turns:
            return await read_list(body, "items", turns, most=MAX_BULK_ITEMS, digested_as="bulk")

    async def _answered(self, request: Request, shop: str, items: JsonList, claim: Claimed) -> Response:
        """Create the confirmations and keep the answer; if Redis fails between, the key is free for the next try."""
        try:
            results, answer = await self._results(request, shop, items)
            response = json_response(answer)
            await self._store.idempotency.answer(claim, Answered(response.status_code, results))
        except StoreUnavailableError:
            set_time_budget(_FREEING_LIMIT_S)
            with contextlib.suppress(StoreUnavailableError):  # the key comes free by itself, later
                await self._store.idempotency.abandon(claim)
            raise
        return response

    async def _results(self, request: Request, shop: str, items: JsonList) -> tuple[bytes, EncodedAnswer]:
        """Submit one batch after the other; while Redis is busy with one, the next is read.

        Returns what to keep, and what to answer, both encoded: nothing of a batch is left when the next one begins.
        """
        context, is_test = self._rules.at(await self._store.now(), shop), request.state.caller.is_test
        results: list[msgspec.Raw] = []
        answers: list[msgspec.Raw] = []
        batch = await self._read(items, range(_AT_ONCE), shop, context, is_test=is_test)
        for end in range(_AT_ONCE, len(items) + _AT_ONCE, _AT_ONCE):
            set_time_budget(STORE_LIMIT_S)
            following = self._read(items, range(end, end + _AT_ONCE), shop, context, is_test=is_test)
            submissions, ahead = await gather_or_cancel(self._submitted(request, batch), following)
            pairs = [kept_result(one, request.state.request_id) for one in submissions]
            results += [encoded(result) for result, _ in pairs]
            answers += [encoded(result_answer(result, confirmation, context.policy)) for result, confirmation in pairs]
            batch = ahead
        return msgspec.json.encode(results), {"results": answers}

    async def _submitted(self, request: Request, batch: _Batch) -> list[Submission | ProblemError]:
        """Submit the valid items; of the others, find those that were submitted before."""
        valid = [one for one in batch.taken if isinstance(one, Confirmation)]
        notes = [self._notes.of(request, AuditAction.CONFIRMATION_CREATED, one.id) for one in valid]
        submissions = iter(await self._store.confirmations.submit_many(valid, audits=notes))
        known = await self._known(batch, request.state.caller.owner)
        return [
            known.get(index, one) if isinstance(one, ProblemError) else next(submissions) for index, one in enumerate(batch.taken)
        ]

    async def _known(self, batch: _Batch, owner: str) -> dict[int, Submission]:
        """Return, by index, what became of items that are not valid now but were submitted before."""
        refused = [index for index, one in enumerate(batch.taken) if isinstance(one, ProblemError)]
        pasts = {index: past for index in refused if (past := past_request(batch.items[index], batch.digests[index]))}
        if not pasts:
            return {}
        found = await self._store.confirmations.recall(owner, list(pasts.values()))
        return {index: known for index, known in zip(pasts, found, strict=True) if known is not None}

    async def _read(self, items: JsonList, some: range, shop: str, context: ValidationContext, *, is_test: bool) -> _Batch:
        """Read some items, in turns with other tasks; pointers in their problems start at the item."""
        batch = _Batch([], [], [])
        async with self._work.turns() as turns:
            for index in some[: max(0, len(items) - some.start)]:
                await turns.give()
                value, digest = items.value(index), items.digests[index]
                batch.items.append(value)
                batch.digests.append(digest)
                try:
                    body = validated(ConfirmationBody, value, context)
                except ProblemError as problem:
                    batch.taken.append(problem.with_traceback(None))  # its frames would keep the item
                else:
                    batch.taken.append(new_confirmation(body, shop=shop, digest=digest, now=context.now, is_test=is_test))
        return batch
