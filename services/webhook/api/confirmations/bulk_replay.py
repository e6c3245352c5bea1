"""The answer to a bulk, and the form in which it is kept for a repetition.

What is kept holds no customer's data, only what the confirmations themselves don't say any more. A confirmation that is erased
meanwhile is thereby erased from the answer, too, and a repetition does not create it anew.
"""

from typing import Annotated, Any, cast

import msgspec

from services.webhook.api.confirmations.representation import ConfirmationAnswer, confirmation_answer
from services.webhook.api.confirmations.submissions import accepted, erased
from services.webhook.http.answers import Answer, one_of
from services.webhook.http.middleware import STORE_LIMIT_S
from services.webhook.http.problems import ProblemAnswer, ProblemError
from shared.core.confirmation import Confirmation
from shared.core.dialing.dial_policy import DialPolicy
from shared.store import FirstAnswer, Store, Submission, set_time_budget

_AT_ONCE = 20  # other requests get their turn between two batches
_CREATED = 202


class BulkTaken(Answer):
    """An item that was taken in (202), or was open already (200)."""

    status: Annotated[int, one_of((200, 202))]
    confirmation: ConfirmationAnswer


class BulkRefused(Answer):
    """An item that was refused."""

    status: Annotated[int, one_of((409, 410, 422))]
    problem: ProblemAnswer


class BulkAnswer(Answer):
    """The results, in the order of the items."""

    results: list[BulkTaken | BulkRefused]


class KeptResult(msgspec.Struct, array_like=True):
    """What is kept of one item: the id of its confirmation and, of a new one, what changes later; or its problem."""

    status: int
    id: str | None = None
    first: FirstAnswer | None = None
    problem: dict[str, Any] | None = None  # Any: JSON; kinds of problems may have further members


EncodedAnswer = dict[str, list[msgspec.Raw]]
"""A `BulkAnswer` whose results are encoded."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(list[KeptResult])


def kept_result(outcome: Submission | ProblemError, request_id: str) -> tuple[KeptResult, Confirmation | None]:
    """Return what is kept of one item's result, and its confirmation, None if the item was refused."""
    try:
        if isinstance(outcome, ProblemError):
            raise outcome
        made = accepted(outcome)
    except ProblemError as problem:
        return KeptResult(problem.kind.status, problem=dict(problem.document(request_id))), None
    first = FirstAnswer.to(made.confirmation) if made.status == _CREATED else None
    return KeptResult(made.status, made.confirmation.id, first), made.confirmation


def result_answer(result: KeptResult, confirmation: Confirmation | None, policy: DialPolicy) -> BulkTaken | BulkRefused:
    """Return the answer about one item."""
    if confirmation is None:
        return {"status": result.status, "problem": cast("ProblemAnswer", result.problem)}  # as ProblemError made it
    return {"status": result.status, "confirmation": confirmation_answer(confirmation, policy)}


def encoded(result: KeptResult | BulkTaken | BulkRefused) -> msgspec.Raw:
    """Return the bytes of one result, as they are stored under the idempotency key or stand in the answer."""
    return msgspec.Raw(_encoder.encode(result))


async def replayed_answer(store: Store, stored: bytes, policy: DialPolicy, request_id: str) -> EncodedAnswer:
    """Return the answer that was given first; an item whose confirmation is gone is answered `erased`.

    A new confirmation is shown as it was taken in; one that was open already, as it stands now.
    """
    results = _decoder.decode(stored)
    answers: list[msgspec.Raw] = []
    for start in range(0, len(results), _AT_ONCE):
        set_time_budget(STORE_LIMIT_S)
        batch = results[start : start + _AT_ONCE]
        found = await store.lookups.get_many(tuple(result.id for result in batch if result.id))
        known = {confirmation.id: confirmation for confirmation in found}
        answers += [encoded(_again(result, known.get(result.id or ""), policy, request_id)) for result in batch]
    return {"results": answers}


def _again(result: KeptResult, found: Confirmation | None, policy: DialPolicy, request_id: str) -> BulkTaken | BulkRefused:
    if result.id is not None and found is None:
        problem = erased()
        return result_answer(KeptResult(problem.kind.status, problem=dict(problem.document(request_id))), None, policy)
    if found is not None and result.first is not None:
        return result_answer(result, result.first.restore(found), policy)
    return result_answer(result, found, policy)
