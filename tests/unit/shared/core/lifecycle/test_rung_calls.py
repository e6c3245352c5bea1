"""Our own call, whose place a caller took: it is cancelled also if the caller has hung up before."""

from shared.core.confirmation import Confirmation
from shared.core.dialing.planned_transition import apply_fact
from shared.core.dialing.reconciliation import Reconciliation, due_reconciliation, wakes
from shared.core.lifecycle.facts import (
    AttemptBegun,
    CalleeClassified,
    CallEnded,
    CallerJoined,
    CallPlaced,
    Fact,
    StreamOpened,
    VerdictGiven,
)
from shared.core.outcome import Outcome, VerdictKind
from tests.support.orders import ALWAYS, NOON, after, an_order, verdict

BEGUN = AttemptBegun(NOON, "att_1", "+38344000000")
PLACED = CallPlaced(after(1), "att_1", "CA1")
JOINED = CallerJoined(after(3), "att_1", "CA9")
LEFT = CallEnded(after(4), "att_1", None, "CA9", 1)
CANCELLED = CallEnded(after(5), "att_1", None, "CA1")


def confirmation_after(*facts: Fact, of: Confirmation | None = None) -> Confirmation:
    confirmation = of or an_order()
    for fact in facts:
        confirmation = apply_fact(confirmation, fact, ALWAYS, fact.at).confirmation
    return confirmation


def test_it_is_cancelled_though_the_caller_has_hung_up() -> None:
    left = confirmation_after(BEGUN, PLACED, JOINED, LEFT)
    assert left.open_attempt is None
    assert due_reconciliation(left, ALWAYS, after(4)) is Reconciliation.CANCEL_RUNG_CALL


def test_no_other_call_is_placed_before() -> None:
    left = confirmation_after(BEGUN, PLACED, JOINED, LEFT)
    assert wakes(left, ALWAYS).dial_at is None
    cancelled = confirmation_after(CANCELLED, of=left)
    assert cancelled.rung_attempts == ()
    assert wakes(cancelled, ALWAYS).dial_at == cancelled.next_attempt_at


def test_it_is_cancelled_though_it_became_known_only_after_the_caller_had_hung_up() -> None:
    left = confirmation_after(BEGUN, JOINED, LEFT)
    known = confirmation_after(CallPlaced(after(5), "att_1", "CA1"), of=left)
    assert [attempt.rung_call_sid for attempt in known.rung_attempts] == ["CA1"]
    assert due_reconciliation(known, ALWAYS, after(5)) is Reconciliation.CANCEL_RUNG_CALL


def test_what_a_machine_says_to_it_then_changes_nothing() -> None:
    left = confirmation_after(BEGUN, PLACED, JOINED, LEFT)
    assert confirmation_after(CalleeClassified(after(5), "att_1", "machine_start"), of=left) is left


def test_it_is_cancelled_of_a_finished_order_and_while_the_end_of_the_callers_call_is_held() -> None:
    opened = StreamOpened(after(3.1), "att_1", "CA9", "MZ9")
    trusted = CallerJoined(after(3), "att_1", "CA9", must_prove=False)
    decided = VerdictGiven(after(3.2), "att_1", verdict(VerdictKind.CONFIRMED))
    finished = confirmation_after(BEGUN, PLACED, trusted, decided, LEFT)
    held = confirmation_after(BEGUN, PLACED, JOINED, opened, LEFT)
    assert finished.outcome is Outcome.CONFIRMED
    assert held.open_attempt is not None
    for told in (finished, held):
        assert due_reconciliation(told, ALWAYS, after(4)) is Reconciliation.CANCEL_RUNG_CALL


def test_a_call_of_ours_that_nobody_joined_is_told_nothing_more_after_its_end() -> None:
    ended = confirmation_after(BEGUN, PLACED, CANCELLED)
    assert confirmation_after(CallPlaced(after(6), "att_1", "CA2"), of=ended) is ended
