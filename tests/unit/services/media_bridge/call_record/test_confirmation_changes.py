"""What others write about a call reaches its conversation once, the call's end also while it is held."""

import pytest

from services.media_bridge.call_record.confirmation_changes import ConfirmationChanges
from shared.core.confirmation import Confirmation
from shared.core.conversation import events as ev
from shared.core.lifecycle.facts import (
    AttemptBegun,
    CalleeClassified,
    CallEnded,
    ConversationLost,
    Fact,
    StreamOpened,
    Withdrawn,
)
from shared.core.lifecycle.transition import transition
from tests.support.orders import NOON, after, an_order

TALKING = (AttemptBegun(NOON, "att_1", "+1"), StreamOpened(after(5), "att_1", "CA1", "MZ1"))
ENDED = CallEnded(after(40), "att_1", None, "CA1", 34)


def after_facts(*facts: Fact) -> Confirmation:
    confirmation = an_order()
    for fact in (*TALKING, *facts):
        confirmation = transition(confirmation, fact).confirmation
    return confirmation


@pytest.mark.parametrize(
    ("facts", "event"),
    [
        ((), None),
        ((ENDED,), ev.CallerLegEnded("call_ended")),
        ((ENDED, ConversationLost(after(42), "att_1")), ev.CallerLegEnded("call_ended")),
        ((Withdrawn(after(20)),), ev.OrderWithdrawn()),
        ((CalleeClassified(after(20), "att_1", "machine_start"),), ev.CalleeIsMachine(is_after_beep=False)),
        ((CalleeClassified(after(20), "att_1", "human"),), ev.CalleeIsPerson()),
    ],
)
def test_each_change_is_reported_once(facts: tuple[Fact, ...], event: ev.Event | None) -> None:
    reported: list[ev.Event] = []
    changes = ConfirmationChanges("att_1", receive=reported.append)
    for _ in range(2):
        changes.changed(after_facts(*facts))
    assert reported == ([] if event is None else [event])
    assert changes.is_call_over(after_facts(*facts)) is isinstance(event, ev.CallerLegEnded)


def test_an_order_without_our_attempt_means_that_the_call_is_over() -> None:
    reported: list[ev.Event] = []
    ConfirmationChanges("att_9", receive=reported.append).changed(after_facts())
    assert reported == [ev.CallerLegEnded("call_ended")]
