"""A placing without news is looked for twice in Twilio's list before anybody is called again."""

from dataclasses import replace
from datetime import time, timedelta

from shared.core.confirmation import Attempt, Confirmation, Phase
from shared.core.dialing.reconciliation import wakes
from shared.core.lifecycle.facts import CallNotListed
from shared.core.lifecycle.transition import transition
from shared.core.order import Window
from shared.core.outcome import Direction, Status
from tests.support.orders import ALWAYS, NOON, an_order

POLICY = replace(ALWAYS, window=Window(time(9), time(20)), retry_delays_s={"undecided": 60})


def placing(phase: Phase = Phase.PLACING) -> Confirmation:
    attempt = Attempt(id="att_1", number=1, direction=Direction.OUTBOUND, placed_at=NOON, phase=phase)
    return replace(an_order(), status=Status.CALLING, attempts=(attempt,), is_unplanned=False)


def test_the_list_is_first_asked_when_twilio_must_know_the_call() -> None:
    assert wakes(placing(), POLICY).reconcile_at == NOON + timedelta(seconds=300)


def test_the_list_is_asked_again_a_pause_after_it_did_not_hold_the_call() -> None:
    first_look = NOON + timedelta(seconds=301)
    moved = transition(placing(), CallNotListed(first_look, "att_1"))
    assert wakes(moved.confirmation, POLICY).reconcile_at == first_look + timedelta(seconds=15)
    assert moved.shop_events == ()


def test_the_pause_shrinks_with_short_settings() -> None:
    moved = transition(placing(), CallNotListed(NOON, "att_1")).confirmation
    assert wakes(moved, replace(POLICY, reconcile_after_s=2)).reconcile_at == NOON + timedelta(seconds=2)


def test_only_the_first_look_is_remembered() -> None:
    once = transition(placing(), CallNotListed(NOON, "att_1")).confirmation
    assert transition(once, CallNotListed(NOON + timedelta(seconds=9), "att_1")).confirmation is once


def test_a_call_that_is_known_by_now_is_not_missing() -> None:
    known = placing(Phase.PLACED)
    assert transition(known, CallNotListed(NOON, "att_1")).confirmation is known
