"""Many orders in one request: each stands for itself, one bad item stops no other."""

import asyncio
from typing import Any, assert_never

from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.confirmations import Confirmations, idempotency_key, json_response
from services.webhook.api.intake import new_confirmation
from services.webhook.api.representation import confirmation_object
from services.webhook.api.rules import Rules
from services.webhook.api.schemas import MAX_BULK_ITEMS, ConfirmationBody
from services.webhook.api.submissions import accepted, key_reused, past_request
from services.webhook.api.validation import validated
from services.webhook.body import MAX_BULK_BODY, fingerprint, read_json
from services.webhook.problems import FieldFault, ProblemError, ProblemKind, faulty_fields
from shared.core.confirmation import Confirmation
from shared.store import Answered, Claimed, IdempotencyKey, KeyConflict, KeyInHand, Store, Submission

_AT_ONCE = 50  # so that other requests get their turn between two handfuls


class Bulk:
    """`POST /v1/confirmations/bulk`."""

    def __init__(self, store: Store, confirmations: Confirmations) -> None:
        self._store = store
        self._confirmations = confirmations

    async def create(self, request: Request, shop: str) -> Response:
        """Take all items in; the results stand in the order of the items."""
        key = idempotency_key(request)
        items = _items(await read_json(request, MAX_BULK_BODY))
        if key is None:
            return json_response(await self._results(request, shop, items))
        claim = await self._store.idempotency.claim(shop, IdempotencyKey(key, fingerprint({"bulk": items})))
        match claim:
            case Claimed():
                response = json_response(await self._results(request, shop, items))
                await self._store.idempotency.answer(claim, Answered(response.status_code, bytes(response.body)))
                return response
            case Answered(status, body):
                headers = {"content-type": "application/json", "idempotency-replayed": "true"}
                return Response(body, status, headers)
            case KeyConflict():
                raise key_reused()
            case KeyInHand():
                detail = "The first request with this Idempotency-Key is not answered yet; repeat this one."
                raise ProblemError(ProblemKind.IDEMPOTENCY_KEY_IN_USE, detail, headers={"retry-after": "1"})
            case _:
                assert_never(claim)

    async def _results(self, request: Request, shop: str, items: list[object]) -> dict[str, Any]:
        rules = await self._confirmations.rules()
        results: list[dict[str, Any]] = []
        for start in range(0, len(items), _AT_ONCE):
            results += await self._handful(request, shop, items[start : start + _AT_ONCE], rules)
            await asyncio.sleep(0)
        return {"results": results}

    async def _handful(self, request: Request, shop: str, items: list[object], rules: Rules) -> list[dict[str, Any]]:
        digests = [fingerprint(item) for item in items]
        is_test = request.state.is_test
        pairs = zip(items, digests, strict=True)
        taken = [_taken_in(item, shop, digest, rules, is_test=is_test) for item, digest in pairs]
        submitted = iter(await self._store.confirmations.submit_many([new for new in taken if isinstance(new, Confirmation)]))
        known = await self._known(shop, items, digests, taken)
        results: list[dict[str, Any]] = []
        for index, one in enumerate(taken):
            try:
                if isinstance(one, ProblemError) and index not in known:
                    raise one
                made = accepted(known[index] if index in known else next(submitted))
            except ProblemError as problem:
                results.append({"status": problem.kind.status, "problem": problem.document(request.state.request_id)})
            else:
                shown = confirmation_object(made.confirmation, rules.policy)
                results.append({"status": made.status, "confirmation": shown})
        return results

    async def _known(
        self, shop: str, items: list[object], digests: list[str], taken: list[Confirmation | ProblemError]
    ) -> dict[int, Submission]:
        """Return, by index, what became of refused items when they came before."""
        refused = [index for index, one in enumerate(taken) if isinstance(one, ProblemError)]
        pasts = {index: past for index in refused if (past := past_request(items[index], digests[index]))}
        if not pasts:
            return {}
        found = await self._store.confirmations.recall(shop, list(pasts.values()))
        return {index: known for index, known in zip(pasts, found, strict=True) if known is not None}


def _taken_in(item: object, shop: str, digest: str, rules: Rules, *, is_test: bool) -> Confirmation | ProblemError:
    """Return one item as a confirmation, or what is wrong with it; pointers start at the item."""
    try:
        body = validated(ConfirmationBody, item, rules)
    except ProblemError as problem:
        return problem
    return new_confirmation(body, shop=shop, digest=digest, now=rules.now, is_test=is_test)


def _items(value: object) -> list[object]:
    """Return the items of the body.

    Raises:
        ProblemError: The body is not an object with a list of at most 1,000 items and nothing else.
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
