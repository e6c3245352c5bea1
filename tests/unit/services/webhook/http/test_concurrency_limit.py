"""Nobody takes all places."""

from contextlib import ExitStack

import pytest

from services.webhook.http.concurrency_limit import ConcurrencyLimit
from services.webhook.http.problems import ProblemError, ProblemKind


def places() -> ConcurrencyLimit:
    return ConcurrencyLimit("event streams", full=ProblemKind.TOO_MANY_STREAMS, in_all=4, per_owner=3, per_key=2)


def refusal(held: ExitStack, taken: ConcurrencyLimit, owner: str, key: str) -> ProblemKind | None:
    try:
        held.enter_context(taken.place(owner, key))
    except ProblemError as problem:
        return problem.kind if int(problem.headers["retry-after"]) > 0 else None
    return None


def test_a_key_then_a_shop_then_the_process_is_full() -> None:
    taken = places()
    with ExitStack() as held:
        asked = [("a", "1"), ("a", "1"), ("a", "1"), ("a", "2"), ("a", "2"), ("b", "3"), ("b", "3")]
        found = [refusal(held, taken, owner, key) for owner, key in asked]
        quota, full = ProblemKind.QUOTA_USED, ProblemKind.TOO_MANY_STREAMS
        assert found == [None, None, quota, None, quota, None, full]
        assert taken.taken == 4
    assert taken.taken == 0
    assert not taken._taken


def test_a_place_is_free_again_after_a_failure() -> None:
    taken = places()
    for _ in range(5):
        with pytest.raises(ZeroDivisionError), taken.place("a", "1"):
            raise ZeroDivisionError
    assert taken.taken == 0
