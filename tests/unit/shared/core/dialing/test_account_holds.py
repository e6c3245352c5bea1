"""Orders whose call the telephone account may not place as it is set up: they wait, are tried again, and are given up in a day."""

from dataclasses import replace
from datetime import time, timedelta

from shared.core.confirmation import AccountWait, Confirmation
from shared.core.dialing.account_holds import PROBE_EVERY, country_scope, look_again_at, order_scope, scopes_of, sender_scope
from shared.core.dialing.caps import Hold
from shared.core.dialing.dial_policy import DialAt, DialNow, GiveUp, decide
from shared.core.dialing.planned_transition import apply_fact, plan
from shared.core.dialing.reconciliation import Reconciliation, due_reconciliation, wakes
from shared.core.lifecycle.facts import (
    AttemptBegun,
    CallEnded,
    CallPlaced,
    Fact,
    InboundCallArrived,
    PlacingHeld,
    Withdrawn,
)
from shared.core.lifecycle.shop_event import EventType
from shared.core.order import CallWishes, Window
from shared.core.outcome import AttemptResult, Outcome, Status, WaitingFor
from tests.support.orders import ALWAYS, NOON, after, an_order

FROM = "+38344000001"
DAY_S = 24 * 3600
OFFICE = replace(ALWAYS, window=Window(time(9), time(20)))


def held(at_s: float = 1, *, retry_s: float = 600) -> PlacingHeld:
    return PlacingHeld(after(at_s), "att_1", after(at_s + retry_s), country_scope("XK"), "twilio 21215: not permitted")


def told(*facts: Fact, of: Confirmation | None = None) -> tuple[Confirmation, list[EventType]]:
    confirmation, events = of or an_order(), list[EventType]()
    for fact in facts:
        step = apply_fact(confirmation, fact, ALWAYS, fact.at)
        confirmation, events = step.confirmation, events + [event.type for event in step.transition.shop_events]
    return confirmation, events


def refused_once(call: CallWishes | None = None) -> Confirmation:
    return told(AttemptBegun(NOON, "att_1", FROM), held(), of=an_order(call=call))[0]


def test_a_call_that_the_account_may_not_place_is_no_attempt_and_its_order_waits_for_the_account() -> None:
    order, events = told(AttemptBegun(NOON, "att_1", FROM), held())
    assert (order.status, order.waiting_for, order.next_attempt_at) == (Status.WAITING, WaitingFor.ACCOUNT, after(601))
    assert order.attempts == ()
    assert order.account_wait == AccountWait(after(1), "country:XK")
    assert events == [EventType.CALLING, EventType.WAITING]


def test_it_takes_no_turn_among_the_calls_and_asks_again_when_its_moment_has_come() -> None:
    order = refused_once()
    assert (wakes(order, ALWAYS).dial_at, wakes(order, ALWAYS).reconcile_at) == (None, after(601))
    assert due_reconciliation(order, ALWAYS, after(600)) is Reconciliation.NOTHING
    assert due_reconciliation(order, ALWAYS, after(601)) is Reconciliation.PLAN


def test_the_one_that_is_tried_is_called_at_once_and_the_others_wait_on_without_an_event() -> None:
    order = refused_once()
    assert decide(order, ALWAYS, after(601)) == DialNow()
    fact = plan(order, ALWAYS, after(601), Hold(after(1201), WaitingFor.ACCOUNT))
    assert fact is not None
    waiting, events = told(fact, of=order)
    assert (waiting.waiting_for, waiting.next_attempt_at, events) == (WaitingFor.ACCOUNT, after(1201), [])
    assert waiting.account_wait == order.account_wait


def test_an_order_that_is_held_before_it_was_ever_tried_waits_from_then_on() -> None:
    fact = plan(an_order(), ALWAYS, after(5), Hold(after(600), WaitingFor.ACCOUNT))
    assert fact is not None
    waiting, events = told(fact)
    assert (waiting.waiting_for, waiting.account_wait, events) == (WaitingFor.ACCOUNT, AccountWait(after(5)), [EventType.WAITING])


def test_a_closed_window_changes_nothing_of_what_it_waits_for() -> None:
    order = replace(refused_once(), next_attempt_at=after(8.5 * 3600))
    assert decide(order, OFFICE, after(7 * 3600)) == DialAt(NOON.replace(day=24, hour=9), WaitingFor.ACCOUNT)


def test_after_a_day_it_is_undialable() -> None:
    order = replace(refused_once(), next_attempt_at=after(DAY_S + 300))
    assert wakes(order, ALWAYS).reconcile_at == after(DAY_S + 1)
    assert decide(order, ALWAYS, after(DAY_S)) == DialAt(after(DAY_S + 300), WaitingFor.ACCOUNT)
    assert decide(order, ALWAYS, after(DAY_S + 1)) == GiveUp(Outcome.UNDIALABLE)


def test_at_its_expiry_it_is_undialable_and_not_only_expired() -> None:
    order = refused_once(CallWishes(expires_at=after(300)))
    assert (order.status, order.next_attempt_at, order.waiting_for) == (Status.WAITING, None, WaitingFor.ACCOUNT)
    assert wakes(order, ALWAYS).reconcile_at == after(300)
    assert decide(order, ALWAYS, after(300)) == GiveUp(Outcome.UNDIALABLE)


def test_a_refusal_after_a_day_is_the_last_and_its_attempt_names_the_code() -> None:
    again = replace(refused_once(), next_attempt_at=after(DAY_S), waiting_for=None, status=Status.QUEUED)
    order, _ = told(AttemptBegun(after(DAY_S), "att_1", FROM), held(DAY_S + 2), of=again)
    assert (order.outcome, order.attempts[0].result) == (Outcome.UNDIALABLE, AttemptResult.FAILED)
    assert order.attempts[0].reason == "twilio 21215: not permitted"


def test_the_day_begins_anew_after_a_call_that_was_placed_and_not_after_one_that_the_customer_made() -> None:
    due = replace(refused_once(), next_attempt_at=after(601), waiting_for=None, status=Status.QUEUED)
    busy = CallEnded(after(620), "att_1", AttemptResult.BUSY, "CA1")
    called, _ = told(AttemptBegun(after(601), "att_1", FROM), CallPlaced(after(602), "att_1", "CA1"), busy, of=due)
    assert called.account_wait is None
    phoned, _ = told(InboundCallArrived(after(30), "att_in", "CA9"), CallEnded(after(60), "att_in", None, "CA9"), of=refused_once())
    assert (phoned.waiting_for, phoned.next_attempt_at) == (WaitingFor.ACCOUNT, after(601))
    assert phoned.account_wait == AccountWait(after(1), "country:XK")


def test_an_order_that_was_withdrawn_meanwhile_is_withdrawn_and_a_call_that_exists_is_not_taken_back() -> None:
    withdrawn, _ = told(AttemptBegun(NOON, "att_1", FROM), Withdrawn(after(0.5)), held())
    assert withdrawn.outcome is Outcome.WITHDRAWN
    placed, _ = told(AttemptBegun(NOON, "att_1", FROM), CallPlaced(after(0.5), "att_1", "CA1"))
    assert told(held(), of=placed) == (placed, [])


def test_a_country_holds_all_of_its_orders_and_a_sender_those_that_were_refused() -> None:
    assert scopes_of(an_order(), None) == ()
    assert scopes_of(an_order(), "XK") == ("country:XK",)
    assert scopes_of(refused_once(), "XK") == ("country:XK",)
    assert scopes_of(replace(an_order(), account_wait=AccountWait(NOON)), "AL") == ("country:AL",)
    own = replace(an_order(), account_wait=AccountWait(NOON, sender_scope(FROM)))
    assert scopes_of(own, "XK") == (f"sender:{FROM}", "country:XK")
    alone = replace(an_order(), account_wait=AccountWait(NOON, order_scope(an_order().id)))
    assert scopes_of(alone, "XK") == (f"order:{alone.id}", "country:XK")


def test_all_that_are_held_have_the_same_chance_to_be_the_one_that_is_tried() -> None:
    ids = [an_order(number).id for number in range(5)]
    first = [min(ids, key=lambda one: look_again_at(after(600 * probe), one)) for probe in range(60)]
    assert set(first) == set(ids)
    assert all(timedelta(0) <= look_again_at(NOON, one) - NOON < PROBE_EVERY / 30 for one in ids)
