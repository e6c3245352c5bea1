"""Facts applied one after the other, without the dial policy."""

from shared.core.confirmation import Attempt, Confirmation
from shared.core.lifecycle.changes import Transition
from shared.core.lifecycle.facts import Fact
from shared.core.lifecycle.transition import transition
from tests.support.orders import an_order


def told(*facts: Fact, of: Confirmation | None = None) -> Transition:
    """Apply facts in turn and collect what the shop was told."""
    step = Transition(of or an_order())
    for fact in facts:
        more = transition(step.confirmation, fact)
        step = Transition(more.confirmation, step.shop_events + more.shop_events)
    return step


def after_facts(*facts: Fact, of: Confirmation | None = None) -> Confirmation:
    """Return the confirmation after the facts."""
    return told(*facts, of=of).confirmation


def attempt_of(confirmation: Confirmation) -> Attempt:
    """Return its latest attempt."""
    return confirmation.attempts[-1]
