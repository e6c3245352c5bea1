"""A customer who is to be forgotten: the order is taken back, and goes as soon as nobody is on the line."""

from shared.core.dialing.planned_transition import PlannedTransition, apply_fact
from shared.core.dialing.reconciliation import Wakes
from shared.core.lifecycle.facts import AttemptBegun, CallEnded, CallPlaced, ErasureRequested, VerdictGiven
from shared.core.outcome import AttemptResult, Outcome, VerdictKind
from tests.support.orders import ALWAYS, NOON, after, an_order, verdict

BEGUN = (AttemptBegun(NOON, "att_1", "+1"), CallPlaced(NOON, "att_1", "CA1"))


def told(*facts: AttemptBegun | CallPlaced | CallEnded | ErasureRequested | VerdictGiven) -> PlannedTransition:
    order, step = an_order(), None
    for fact in facts:
        step = apply_fact(order, fact, ALWAYS, fact.at)
        order = step.confirmation
    assert step is not None
    return step


def test_a_waiting_order_is_withdrawn_and_due_to_be_erased_at_once() -> None:
    step = told(ErasureRequested(after(1)))
    assert step.confirmation.outcome is Outcome.WITHDRAWN
    assert step.wakes == Wakes(None, after(1))


def test_a_ringing_one_is_brought_to_its_end_first() -> None:
    step = told(*BEGUN, ErasureRequested(after(1)))
    assert step.confirmation.withdrawn_at == after(1)
    assert step.confirmation.outcome is None
    step = told(*BEGUN, ErasureRequested(after(1)), CallEnded(after(2), "att_1", AttemptResult.NO_ANSWER))
    assert (step.confirmation.outcome, step.wakes) == (Outcome.WITHDRAWN, Wakes(None, after(2)))


def test_a_decision_in_the_call_stands_and_is_told_before_all_is_erased() -> None:
    decided = VerdictGiven(after(1), "att_1", verdict(VerdictKind.CONFIRMED, after(1)))
    step = told(*BEGUN, decided, ErasureRequested(after(2)), CallEnded(after(3), "att_1", None))
    assert (step.confirmation.outcome, step.wakes) == (Outcome.CONFIRMED, Wakes(None, after(3)))
    assert [event.type.value for event in step.transition.shop_events][-1] == "confirmation.finished"
