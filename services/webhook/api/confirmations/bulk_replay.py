"""The answer to a bulk as it is kept for a repetition: no customer's data, only what the confirmations don't say any more.

What is erased in between is thereby erased from the answer, too, and is not ordered anew by a repetition.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from services.webhook.api.confirmations.representation import confirmation_object
from services.webhook.api.confirmations.submissions import accepted, erased
from services.webhook.http.middleware import STORE_LIMIT_S
from services.webhook.http.problems import ProblemError
from shared.core.confirmation import Confirmation
from shared.core.dialing.dial_policy import DialPolicy
from shared.store import FirstAnswer, Store, Submission, limit_patience

_AT_ONCE = 100
_CREATED = 202


class KeptResult(msgspec.Struct, array_like=True):
    """One item: the id it led to and, of a new one, what changes later; or its problem, in which no value is repeated."""

    status: int
    id: str | None = None
    first: FirstAnswer | None = None
    problem: dict[str, Any] | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(list[KeptResult])


def kept(outcome: Submission | ProblemError, request_id: str) -> tuple[KeptResult, Confirmation | None]:
    """Return what is kept of one item's result, and the confirmation that is answered beside it, if it has one."""
    try:
        if isinstance(outcome, ProblemError):
            raise outcome
        made = accepted(outcome)
    except ProblemError as problem:
        return KeptResult(problem.kind.status, problem=problem.document(request_id)), None
    first = FirstAnswer.to(made.confirmation) if made.status == _CREATED else None
    return KeptResult(made.status, made.confirmation.id, first), made.confirmation


def result_object(result: KeptResult, confirmation: Confirmation | None, policy: DialPolicy) -> dict[str, Any]:
    """Return what is answered about one item."""
    if confirmation is None:
        return {"status": result.status, "problem": result.problem}
    return {"status": result.status, "confirmation": confirmation_object(confirmation, policy)}


def packed(results: Sequence[KeptResult]) -> bytes:
    """Return what is stored under the key."""
    return _encoder.encode(results)


async def answered_again(store: Store, stored: bytes, policy: DialPolicy, request_id: str) -> dict[str, Any]:
    """Return the answer that was given first; one of a confirmation that is gone says so.

    A new confirmation is shown as it was taken in; one that was open already, as it stands now.
    """
    results = _decoder.decode(stored)
    objects: list[dict[str, Any]] = []
    for start in range(0, len(results), _AT_ONCE):
        limit_patience(STORE_LIMIT_S)
        handful = results[start : start + _AT_ONCE]
        found = await store.lookups.get_many(tuple(result.id for result in handful if result.id))
        known = {confirmation.id: confirmation for confirmation in found}
        objects += [_again(result, known.get(result.id or ""), policy, request_id) for result in handful]
    return {"results": objects}


def _again(result: KeptResult, found: Confirmation | None, policy: DialPolicy, request_id: str) -> dict[str, Any]:
    if result.id is not None and found is None:
        problem = erased()
        return result_object(KeptResult(problem.kind.status, problem=problem.document(request_id)), None, policy)
    if found is not None and result.first is not None:
        return result_object(result, result.first.restore(found), policy)
    return result_object(result, found, policy)
