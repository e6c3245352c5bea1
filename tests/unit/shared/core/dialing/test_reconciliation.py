"""What a confirmation needs when somebody looks at it."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.core.confirmation import Attempt, Confirmation, HeldCallEnd, Phase
from shared.core.dialing.reconciliation import Reconciliation, Wakes, call_must_be_over_at, due_reconciliation, wakes
from shared.core.order import CallWishes
from shared.core.outcome import Direction, Outcome, Status
from tests.support.orders import ALWAYS, NOON, after, an_order


def calling(**attempt: object) -> Confirmation:
    made = Attempt(id="att_1", number=1, direction=Direction.OUTBOUND, placed_at=NOON, call_sid="CA1")
    return replace(an_order(), status=Status.CALLING, attempts=(replace(made, **attempt),))  # type: ignore[arg-type] # fields by name


def needs(confirmation: Confirmation, at: datetime) -> Reconciliation:
    return due_reconciliation(confirmation, ALWAYS, at)


def test_an_order_without_a_call_is_planned_anew() -> None:
    assert needs(an_order(), NOON) is Reconciliation.PLAN


def test_a_placing_without_news_is_looked_for_when_twilio_must_know() -> None:
    assert needs(calling(phase=Phase.PLACING), after(299)) is Reconciliation.NOTHING
    assert needs(calling(phase=Phase.PLACING), after(300)) is Reconciliation.FIND_CALL


def test_a_placing_that_was_not_found_is_looked_for_again_a_pause_later() -> None:
    missing = calling(phase=Phase.PLACING, missing_since=after(301))
    assert needs(missing, after(310)) is Reconciliation.NOTHING
    assert needs(missing, after(316)) is Reconciliation.FIND_CALL


def test_a_ringing_call_of_an_order_taken_back_is_cancelled() -> None:
    ringing = replace(calling(phase=Phase.PLACED), withdrawn_at=after(1))
    assert needs(ringing, after(1)) is Reconciliation.CANCEL_CALL


def test_an_answered_call_of_an_order_taken_back_is_left_to_the_bridge() -> None:
    talking = replace(calling(phase=Phase.ANSWERED), withdrawn_at=after(1))
    assert needs(talking, after(2)) is Reconciliation.NOTHING


def test_a_call_that_goes_on_after_its_conversation_is_hung_up() -> None:
    done = calling(phase=Phase.ANSWERED, stream_closed_at=after(30))
    assert needs(done, after(39)) is Reconciliation.NOTHING
    assert needs(done, after(40)) is Reconciliation.HANG_UP


def test_a_call_without_news_is_looked_up_when_it_must_be_over() -> None:
    assert needs(calling(phase=Phase.PLACED), after(219)) is Reconciliation.NOTHING
    assert needs(calling(phase=Phase.PLACED), after(220)) is Reconciliation.LOOK_UP_CALL


def test_a_held_call_end_waits_for_the_bridge_a_moment_and_no_longer() -> None:
    held = calling(phase=Phase.ANSWERED, stream_sid="MZ1", held_call_end=HeldCallEnd(at=after(218.5)))
    assert needs(held, after(220.4)) is Reconciliation.NOTHING, "not even to be looked up at Twilio: its end is known"
    assert needs(held, after(220.5)) is Reconciliation.END_CALL
    assert wakes(held, ALWAYS).reconcile_at == after(220.5)


def test_a_test_orders_call_is_played_on() -> None:
    assert needs(replace(calling(phase=Phase.PLACED), is_test=True), NOON) is Reconciliation.SIMULATE_CALL


def test_a_planned_order_is_left_alone_until_something_is_due() -> None:
    planned = replace(an_order(call=CallWishes(expires_at=after(900))), is_unplanned=False, next_attempt_at=after(60))
    assert needs(planned, after(59)) is Reconciliation.NOTHING
    assert needs(planned, after(60)) is Reconciliation.PLAN, "the call is due and could not be placed"
    assert needs(replace(planned, next_attempt_at=None), after(899)) is Reconciliation.NOTHING
    assert needs(replace(planned, next_attempt_at=None), after(900)) is Reconciliation.PLAN


def test_a_finished_order_is_erased_after_its_time() -> None:
    finished = replace(an_order(), status=Status.FINISHED, outcome=Outcome.CONFIRMED)
    assert needs(finished, NOON + timedelta(days=29)) is Reconciliation.NOTHING
    assert needs(finished, NOON + timedelta(days=30)) is Reconciliation.ERASE


# --- when somebody must look again


def test_a_waiting_order_wakes_to_be_dialled_and_to_be_shown_as_queued_if_that_is_held_up() -> None:
    waiting = replace(an_order(), is_unplanned=False, next_attempt_at=after(60), status=Status.WAITING)
    assert wakes(waiting, ALWAYS).dial_at == after(60)
    assert wakes(waiting, ALWAYS).reconcile_at == after(62)


def test_a_queued_order_wakes_to_be_dialled_and_to_expire() -> None:
    call = CallWishes(expires_at=after(900))
    queued = replace(an_order(call=call), is_unplanned=False, next_attempt_at=NOON, status=Status.QUEUED)
    assert wakes(queued, ALWAYS).dial_at == NOON
    assert wakes(queued, ALWAYS).reconcile_at == after(900)
    assert wakes(replace(queued, call=CallWishes()), ALWAYS).reconcile_at is None


def test_an_order_without_a_moment_wakes_to_expire() -> None:
    stuck = replace(an_order(call=CallWishes(expires_at=after(900))), is_unplanned=False, status=Status.WAITING)
    assert wakes(stuck, ALWAYS).dial_at is None
    assert wakes(stuck, ALWAYS).reconcile_at == after(900)


def test_a_finished_order_wakes_to_be_erased() -> None:
    finished = replace(an_order(), status=Status.FINISHED, outcome=Outcome.EXPIRED)
    assert wakes(finished, ALWAYS).dial_at is None
    assert wakes(finished, ALWAYS).reconcile_at == NOON + timedelta(days=30)


def wakes_at(phase: Phase, *, stream_closed_at: datetime | None = None, withdrawn_at: datetime | None = None) -> datetime | None:
    attempt = Attempt(
        id="att_1",
        number=1,
        direction=Direction.OUTBOUND,
        placed_at=NOON,
        phase=phase,
        stream_closed_at=stream_closed_at,
    )
    order = replace(an_order(), attempts=(attempt,), status=Status.CALLING, withdrawn_at=withdrawn_at)
    assert wakes(order, ALWAYS).dial_at is None
    return wakes(order, ALWAYS).reconcile_at


def test_a_call_without_news_wakes_when_it_must_be_over() -> None:
    assert wakes_at(Phase.PLACED) == after(25 + 180 + 15)
    attempt = Attempt(id="att_1", number=1, direction=Direction.OUTBOUND, placed_at=NOON)
    assert call_must_be_over_at(attempt, ALWAYS) == after(220)


def test_a_call_whose_stream_is_closed_wakes_after_the_grace() -> None:
    assert wakes_at(Phase.ANSWERED, stream_closed_at=after(50)) == after(60)


def test_a_withdrawn_call_wakes_at_once_while_it_rings() -> None:
    assert wakes_at(Phase.PLACED, withdrawn_at=after(5)) == after(5)
    assert wakes_at(Phase.ANSWERED, withdrawn_at=after(5)) == after(220)
    assert wakes_at(Phase.PLACING, withdrawn_at=after(5)) == after(300)


def a_test_order(**changes: object) -> Confirmation:
    return replace(an_order(), is_test=True, **changes)  # type: ignore[arg-type] # fields by name


def test_a_test_order_never_waits_for_a_place_among_the_calls() -> None:
    assert wakes(a_test_order(next_attempt_at=after(9)), ALWAYS) == Wakes(None, after(9))
    limited = CallWishes(expires_at=after(5))
    assert wakes(a_test_order(next_attempt_at=after(9), call=limited), ALWAYS) == Wakes(None, after(5))
    assert wakes(a_test_order(call=limited), ALWAYS) == Wakes(None, after(5))
    under_way = Attempt(id="att_1", number=1, direction=Direction.OUTBOUND, placed_at=NOON, phase=Phase.PLACED)
    assert wakes(a_test_order(attempts=(under_way,), status=Status.CALLING), ALWAYS) == Wakes(None, NOON)
