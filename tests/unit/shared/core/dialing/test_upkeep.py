"""What a confirmation needs when somebody looks at it."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.core.confirmation import Attempt, Confirmation, Phase
from shared.core.dialing.upkeep import Care, care_for
from shared.core.outcome import Direction, Outcome, Status
from tests.support.orders import ALWAYS, NOON, after, an_order


def calling(**attempt: object) -> Confirmation:
    made = Attempt(id="att_1", number=1, direction=Direction.OUTBOUND, placed_at=NOON, call_sid="CA1")
    return replace(an_order(), status=Status.CALLING, attempts=(replace(made, **attempt),))  # type: ignore[arg-type]


def care(confirmation: Confirmation, at: datetime) -> Care:
    return care_for(confirmation, ALWAYS, at)


def test_an_order_without_a_call_is_planned_anew() -> None:
    assert care(an_order(), NOON) is Care.PLAN


def test_a_placing_without_news_is_looked_for_when_twilio_must_know() -> None:
    assert care(calling(phase=Phase.PLACING), after(299)) is Care.NOTHING
    assert care(calling(phase=Phase.PLACING), after(300)) is Care.FIND_CALL


def test_a_placing_that_was_not_found_is_looked_for_again_a_pause_later() -> None:
    missing = calling(phase=Phase.PLACING, missing_since=after(301))
    assert care(missing, after(310)) is Care.NOTHING
    assert care(missing, after(316)) is Care.FIND_CALL


def test_a_ringing_call_of_an_order_taken_back_is_cancelled() -> None:
    ringing = replace(calling(phase=Phase.PLACED), withdrawn_at=after(1))
    assert care(ringing, after(1)) is Care.CANCEL_CALL


def test_an_answered_call_of_an_order_taken_back_is_left_to_the_bridge() -> None:
    talking = replace(calling(phase=Phase.ANSWERED), withdrawn_at=after(1))
    assert care(talking, after(2)) is Care.NOTHING


def test_a_call_that_goes_on_after_its_conversation_is_hung_up() -> None:
    done = calling(phase=Phase.ANSWERED, stream_closed_at=after(30))
    assert care(done, after(39)) is Care.NOTHING
    assert care(done, after(40)) is Care.HANG_UP


def test_a_call_without_news_is_looked_up_when_it_must_be_over() -> None:
    assert care(calling(phase=Phase.PLACED), after(219)) is Care.NOTHING
    assert care(calling(phase=Phase.PLACED), after(220)) is Care.LOOK_UP_CALL


def test_a_finished_order_is_erased_after_its_time() -> None:
    finished = replace(an_order(), status=Status.FINISHED, outcome=Outcome.CONFIRMED)
    assert care(finished, NOON + timedelta(days=29)) is Care.NOTHING
    assert care(finished, NOON + timedelta(days=30)) is Care.ERASE
