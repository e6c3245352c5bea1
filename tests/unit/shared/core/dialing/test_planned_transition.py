"""A fact and the dial policy together: what is planned next, and what may not begin."""

from dataclasses import replace
from datetime import time

from shared.core.dialing.dial_policy import DialPolicy
from shared.core.dialing.planned_transition import PlannedTransition, apply_fact, apply_facts, plan
from shared.core.lifecycle.facts import AttemptBegun, CallEnded, GivenUp, Scheduled, Submitted, VerdictGiven, Withdrawn
from shared.core.lifecycle.shop_event import EventType
from shared.core.order import CallWishes, Window
from shared.core.outcome import AttemptResult, Outcome, Status, VerdictKind, WaitingFor
from tests.support.orders import ALWAYS, NOON, after, an_order, verdict

OFFICE = replace(ALWAYS, window=Window(time(9), time(20)))
NIGHT = NOON.replace(hour=22)
BEGUN = AttemptBegun(NOON, "att_1", "+38344000000")


def submitted(policy: DialPolicy = ALWAYS, call: CallWishes | None = None) -> PlannedTransition:
    return apply_fact(an_order(call=call), Submitted(NOON), policy, NOON)


def types(step: PlannedTransition) -> list[EventType]:
    return [event.type for event in step.transition.shop_events]


def test_a_submitted_order_is_queued_and_wakes_the_dialler() -> None:
    step = submitted()
    assert (step.confirmation.status, step.wakes.dial_at) == (Status.QUEUED, NOON)
    assert types(step) == [EventType.QUEUED]
    assert step.is_changed


def test_a_submitted_order_for_later_waits() -> None:
    step = submitted(call=CallWishes(not_before=after(600)))
    assert (step.confirmation.status, step.wakes.dial_at) == (Status.WAITING, after(600))


def test_an_order_that_can_never_be_called_is_finished_at_once() -> None:
    nowhere = replace(OFFICE, window=Window(time(9), time(10)), zones_of=lambda _: ("UTC", "Asia/Tokyo"))
    assert submitted(nowhere).confirmation.outcome is Outcome.UNDIALABLE


def test_an_ended_attempt_plans_the_next_in_the_same_step() -> None:
    called = apply_fact(submitted().confirmation, BEGUN, ALWAYS, NOON).confirmation
    step = apply_fact(called, CallEnded(after(20), "att_1", AttemptResult.BUSY), ALWAYS, after(20))
    assert step.confirmation.next_attempt_at == after(20 + 300)
    assert types(step) == [EventType.ATTEMPT_ENDED, EventType.WAITING]


def test_a_call_may_begin_when_it_is_due() -> None:
    step = apply_fact(submitted().confirmation, BEGUN, ALWAYS, NOON)
    assert step.confirmation.status is Status.CALLING


def test_a_call_that_comes_up_when_the_window_has_closed_is_planned_anew() -> None:
    late = AttemptBegun(NIGHT, "att_1", "+1")
    step = apply_fact(submitted(OFFICE).confirmation, late, OFFICE, NIGHT)
    assert step.confirmation.attempts == ()
    assert step.confirmation.next_attempt_at == NOON.replace(day=24, hour=9)
    assert types(step) == [EventType.WAITING]


def test_a_call_that_comes_up_after_the_orders_expiry_ends_it() -> None:
    order = submitted(call=CallWishes(expires_at=after(60))).confirmation
    step = apply_fact(order, AttemptBegun(after(60), "att_1", "+1"), ALWAYS, after(60))
    assert step.confirmation.outcome is Outcome.EXPIRED


def test_a_second_intent_changes_nothing() -> None:
    called = apply_fact(submitted().confirmation, BEGUN, ALWAYS, NOON).confirmation
    step = apply_fact(called, AttemptBegun(NOON, "att_2", "+1"), ALWAYS, NOON)
    assert not step.is_changed
    assert step.confirmation is called


def test_nothing_begins_on_what_is_finished() -> None:
    done = apply_fact(submitted().confirmation, GivenUp(NOON, Outcome.UNDIALABLE), ALWAYS, NOON).confirmation
    assert not apply_fact(done, BEGUN, ALWAYS, NOON).is_changed


def test_the_plan_of_a_waiting_order_that_has_come_due_is_to_queue_it() -> None:
    waiting = submitted(call=CallWishes(not_before=after(600))).confirmation
    assert plan(waiting, ALWAYS, after(601)) == Scheduled(after(601), after(600), is_due=True)
    assert plan(waiting, ALWAYS, NOON) == Scheduled(NOON, after(600), is_due=False, waiting_for=WaitingFor.NOT_BEFORE)


def test_a_wish_not_to_be_called_is_kept_even_where_the_verdict_changes_nothing() -> None:
    called = apply_fact(submitted().confirmation, BEGUN, ALWAYS, NOON).confirmation
    withdrawn = apply_fact(called, Withdrawn(after(1)), ALWAYS, after(1)).confirmation
    step = apply_fact(withdrawn, VerdictGiven(after(2), "att_1", verdict(VerdictKind.OPTED_OUT)), ALWAYS, after(2))
    assert step.opts_out
    assert not step.is_changed


def test_facts_in_one_step_are_what_they_are_one_by_one() -> None:
    called = apply_fact(submitted().confirmation, BEGUN, ALWAYS, NOON).confirmation
    wish = VerdictGiven(after(9), "att_1", verdict(VerdictKind.OPTED_OUT))
    ended = CallEnded(after(20), "att_1", None)
    step = apply_facts(called, [wish, ended], ALWAYS, after(20))
    one_by_one = apply_fact(apply_fact(called, wish, ALWAYS, after(20)).confirmation, ended, ALWAYS, after(20))
    assert (step.confirmation, step.wakes) == (one_by_one.confirmation, one_by_one.wakes)
    assert types(step) == [EventType.ATTEMPT_ENDED, EventType.FINISHED]
    assert step.opts_out, "the wish is kept though the last fact says nothing of it"
    assert step.is_changed


def test_no_facts_change_nothing() -> None:
    order = submitted().confirmation
    step = apply_facts(order, [], ALWAYS, after(9))
    assert step.confirmation is order
    assert (step.wakes, step.opts_out, step.is_changed, types(step)) == (submitted().wakes, False, False, [])
