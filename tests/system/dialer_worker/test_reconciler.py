"""What got lost is settled: placings without an answer, calls without an end, orders whose moment has passed."""

from datetime import timedelta

import pytest

from services.dialer_worker.worker_counts import CountKind
from shared.core.confirmation import Conclusion, Phase
from shared.core.errors import TelephonyError
from shared.core.lifecycle.facts import (
    AttemptBegun,
    CallAnswered,
    CallEnded,
    CallerJoined,
    CallNotListed,
    ConversationEnded,
    StreamOpened,
    VerdictGiven,
    Withdrawn,
)
from shared.core.order import CallWishes
from shared.core.outcome import AttemptResult, Outcome, Status, VerdictKind
from shared.store import Work
from tests.support.claimed_reconciliations import claimed_reconciliations
from tests.support.orders import an_order, verdict
from tests.system.dialer_worker.conftest import FROM, Bench

pytestmark = pytest.mark.system


async def missed(bench: Bench, *, seconds_ago: float = 20) -> None:
    """Record that Twilio's list was asked once and did not hold the call."""
    past = timedelta(seconds=seconds_ago)
    await bench.store.confirmations.apply(an_order().id, lambda now: CallNotListed(now - past, "att_1"))


async def test_a_placing_is_not_looked_for_before_its_time(bench: Bench) -> None:
    await bench.begin(ago_s=200)
    bench.twilio.add("CA9")
    found = await bench.attend()
    assert found.open_attempt is not None
    assert found.open_attempt.phase is Phase.PLACING
    assert bench.counted(CountKind.CARE) == ["nothing"]


async def test_a_call_in_twilios_list_is_taken_over(bench: Bench) -> None:
    begun = await bench.begin(ago_s=301)
    assert begun.open_attempt is not None
    bench.twilio.add("CA9", at=begun.open_attempt.placed_at + timedelta(seconds=1))
    found = await bench.attend()
    assert found.open_attempt is not None
    assert (found.open_attempt.phase, found.open_attempt.call_sid) == (Phase.PLACED, "CA9")


async def test_a_call_that_has_ended_is_taken_over_with_its_end(bench: Bench) -> None:
    begun = await bench.begin(ago_s=301)
    assert begun.open_attempt is not None
    bench.twilio.add("CA9", "busy", at=begun.open_attempt.placed_at)
    found = await bench.attend()
    assert (found.status, found.last_result, found.attempts[0].call_sid) == (Status.WAITING, AttemptResult.BUSY, "CA9")


async def test_only_a_call_absent_at_two_looks_is_placed_again(bench: Bench) -> None:
    await bench.begin(ago_s=301)
    once = await bench.attend()
    assert once.open_attempt is not None
    assert once.open_attempt.missing_since is not None
    assert (await bench.attend()).open_attempt is not None  # too soon for the second look


async def test_a_call_absent_at_the_second_look_is_no_attempt(bench: Bench) -> None:
    await bench.begin(ago_s=330)
    await missed(bench)
    found = await bench.attend()
    assert (found.status, found.attempts) == (Status.QUEUED, ())
    await bench.grant()
    assert (await bench.attend()).attempts_spent == 1
    assert len(bench.twilio.placed) == 1


async def test_a_call_that_shows_up_at_the_second_look_is_taken_over(bench: Bench) -> None:
    begun = await bench.begin(ago_s=330)
    await missed(bench)
    assert begun.open_attempt is not None
    bench.twilio.add("CA9", at=begun.open_attempt.placed_at)
    found = await bench.attend()
    assert found.open_attempt is not None
    assert found.open_attempt.call_sid == "CA9"


async def test_a_list_that_cannot_be_had_proves_nothing(bench: Bench) -> None:
    await bench.begin(ago_s=330)
    await missed(bench)
    bench.twilio.is_down = True
    with pytest.raises(TelephonyError):
        await bench.attend()
    assert (await bench.get()).open_attempt is not None


async def test_an_older_call_to_the_same_number_is_not_ours(bench: Bench) -> None:
    begun = await bench.begin(ago_s=330)
    await missed(bench)
    assert begun.open_attempt is not None
    bench.twilio.add("CA9", "completed", at=begun.open_attempt.placed_at - timedelta(minutes=5))
    assert (await bench.attend()).attempts == ()


async def test_the_call_of_another_order_to_the_same_number_is_not_ours(bench: Bench) -> None:
    other = await bench.begin(2, ago_s=330, call_sid="CA9")
    assert other.open_attempt is not None
    bench.twilio.add("CA9", at=other.open_attempt.placed_at)
    await bench.begin(1, ago_s=330)
    await missed(bench)
    assert (await bench.attend(1)).attempts == ()


async def busy(bench: Bench, *, ended_s_ago: float) -> None:
    """Record a first attempt (CA1) that met a busy line `ended_s_ago` seconds ago."""
    past = timedelta(seconds=ended_s_ago)
    await bench.begin(ago_s=ended_s_ago + 5, call_sid="CA1")
    await bench.store.confirmations.apply(an_order().id, lambda now: CallEnded(now - past, "att_1", AttemptResult.BUSY))


async def test_the_call_of_an_earlier_attempt_is_not_ours(bench: Bench) -> None:
    await busy(bench, ended_s_ago=400)
    past = timedelta(seconds=330)
    apply = bench.store.confirmations.apply
    begun = await apply(an_order().id, lambda now: AttemptBegun(now - past, "att_2", FROM))
    await apply(an_order().id, lambda now: CallNotListed(now - timedelta(seconds=20), "att_2"))
    second = begun.confirmation.open_attempt
    assert second is not None
    bench.twilio.add("CA1", "busy", at=second.placed_at)
    assert [attempt.id for attempt in (await bench.attend()).attempts] == ["att_1"]


async def test_of_two_calls_the_nearer_one_is_taken_over(bench: Bench) -> None:
    begun = await bench.begin(ago_s=301)
    assert begun.open_attempt is not None
    bench.twilio.add("CA8", at=begun.open_attempt.placed_at - timedelta(seconds=40))
    bench.twilio.add("CA9", at=begun.open_attempt.placed_at + timedelta(seconds=2))
    found = await bench.attend()
    assert found.open_attempt is not None
    assert found.open_attempt.call_sid == "CA9"


async def test_ringing_stops_when_the_shop_takes_the_order_back(bench: Bench) -> None:
    await bench.begin(ago_s=5, call_sid="CA1")
    bench.twilio.add("CA1", "ringing")
    await bench.store.confirmations.apply(an_order().id, Withdrawn)
    found = await bench.attend()
    assert (found.outcome, found.last_result) == (Outcome.WITHDRAWN, AttemptResult.WITHDRAWN)
    assert bench.twilio.updates == [("CA1", "canceled")]


async def test_one_who_picked_up_before_the_cancellation_is_left_to_the_bridge(bench: Bench) -> None:
    await bench.begin(ago_s=5, call_sid="CA1")
    bench.twilio.add("CA1", "in-progress")
    await bench.store.confirmations.apply(an_order().id, Withdrawn)
    found = await bench.attend()
    assert found.status is Status.IN_CALL
    assert (await bench.attend()).status is Status.IN_CALL
    assert bench.twilio.updates == [("CA1", "canceled")]


@pytest.mark.parametrize("status", ["no-answer", "completed"])
async def test_a_call_that_ended_before_the_cancellation_ends_withdrawn(bench: Bench, status: str) -> None:
    await bench.begin(ago_s=5, call_sid="CA1")
    bench.twilio.add("CA1", status)
    await bench.store.confirmations.apply(an_order().id, Withdrawn)
    assert (await bench.attend()).outcome is Outcome.WITHDRAWN


@pytest.mark.parametrize("status", ["ringing", "in-progress", "busy"])
async def test_our_own_call_ends_when_the_customer_phones_us_while_it_rings(bench: Bench, status: str) -> None:
    await bench.begin(ago_s=5, call_sid="CA1")
    bench.twilio.add("CA1", status)
    await bench.store.confirmations.apply(an_order().id, lambda now: CallerJoined(now, "att_1", "CA9"))
    found = await bench.attend()
    assert found.open_attempt is not None
    assert (found.status, found.open_attempt.call_sid, found.open_attempt.rung_call_sid) == (Status.IN_CALL, "CA9", None)
    assert bench.twilio.updates[0] == ("CA1", "canceled")
    assert {sid for sid, _ in bench.twilio.updates} == {"CA1"}, "the customer's call goes on"


async def test_our_own_call_ends_though_the_customer_who_phoned_us_has_hung_up(bench: Bench) -> None:
    await bench.begin(ago_s=5, call_sid="CA1")
    bench.twilio.add("CA1", "ringing")
    await bench.store.confirmations.apply(an_order().id, lambda now: CallerJoined(now, "att_1", "CA9"))
    await bench.store.confirmations.apply(an_order().id, lambda now: CallEnded(now, "att_1", None, "CA9", 1))
    found = await bench.attend()
    assert bench.twilio.updates == [("CA1", "canceled")]
    assert found.rung_attempts == ()


async def talked(bench: Bench, *, closed_s_ago: float, kind: VerdictKind | None) -> None:
    """Record a conversation whose stream was closed `closed_s_ago` seconds ago."""
    past = timedelta(seconds=closed_s_ago)
    await bench.begin(ago_s=60, call_sid="CA1")
    apply = bench.store.confirmations.apply
    await apply(an_order().id, lambda now: CallAnswered(now - timedelta(seconds=50), "att_1", "CA1"))
    if kind is not None:
        await apply(an_order().id, lambda now: VerdictGiven(now - past, "att_1", verdict(kind)))
    await apply(an_order().id, lambda now: ConversationEnded(now - past, "att_1", Conclusion.UNDECIDED, "done"))


async def test_a_decided_call_whose_end_is_not_heard_is_hung_up_and_counts(bench: Bench) -> None:
    await talked(bench, closed_s_ago=11, kind=VerdictKind.CONFIRMED)
    bench.twilio.add("CA1", "in-progress")
    found = await bench.attend()
    assert found.outcome is Outcome.CONFIRMED
    assert found.attempts[0].duration_s == 50
    assert bench.twilio.updates == [("CA1", "completed")]


async def test_a_call_gets_its_time_to_end_by_itself(bench: Bench) -> None:
    await talked(bench, closed_s_ago=5, kind=VerdictKind.CONFIRMED)
    bench.twilio.add("CA1", "in-progress")
    assert (await bench.attend()).status is Status.IN_CALL
    assert bench.twilio.updates == []


async def test_a_call_whose_end_was_lost_ends_as_it_was_decided(bench: Bench) -> None:
    await talked(bench, closed_s_ago=11, kind=VerdictKind.CANCELLED)
    bench.twilio.add("CA1", "completed")
    assert (await bench.attend()).outcome is Outcome.CANCELLED


async def test_a_decision_holds_though_twilio_forgot_the_call(bench: Bench) -> None:
    await talked(bench, closed_s_ago=11, kind=VerdictKind.CONFIRMED)
    assert (await bench.attend()).outcome is Outcome.CONFIRMED


async def hung_up_on(bench: Bench, *, ended_s_ago: float, has_decided: bool) -> None:
    """Record a call that ended `ended_s_ago` seconds ago and whose bridge tells nothing any more."""
    past = timedelta(seconds=ended_s_ago)
    await bench.begin(ago_s=60, call_sid="CA1")
    apply = bench.store.confirmations.apply
    await apply(an_order().id, lambda now: StreamOpened(now - timedelta(seconds=50), "att_1", "CA1", "MZ1"))
    if has_decided:
        await apply(an_order().id, lambda now: VerdictGiven(now - past, "att_1", verdict(VerdictKind.CONFIRMED)))
    await apply(an_order().id, lambda now: CallEnded(now - past, "att_1", None, "CA1", 50))


async def test_a_call_that_is_over_waits_a_moment_for_its_bridge(bench: Bench) -> None:
    await hung_up_on(bench, ended_s_ago=1, has_decided=False)
    assert (await bench.attend(work=Work.RECONCILIATION)).open_attempt is not None
    assert bench.counted(CountKind.CARE) == ["nothing"]


@pytest.mark.parametrize(("has_decided", "result"), [(False, AttemptResult.UNDECIDED), (True, AttemptResult.CONFIRMED)])
async def test_a_call_whose_bridge_died_ends_with_what_it_had_written(
    bench: Bench, has_decided: bool, result: AttemptResult
) -> None:
    await hung_up_on(bench, ended_s_ago=2, has_decided=has_decided)
    assert await claimed_reconciliations(bench.store) == [an_order().id]
    found = await bench.attend(work=Work.RECONCILIATION)
    assert (found.last_result, found.attempts[0].duration_s, found.is_finished) == (result, 50, has_decided)
    assert bench.counted(CountKind.CARE) == ["end_call"]
    assert bench.twilio.updates == [], "Twilio has said that the call is over: there is nothing to ask or to end"


@pytest.mark.parametrize(
    ("status", "result"),
    [
        ("busy", AttemptResult.BUSY),
        ("no-answer", AttemptResult.NO_ANSWER),
        ("failed", AttemptResult.FAILED),
        ("canceled", AttemptResult.FAILED),
        ("completed", AttemptResult.UNDECIDED),
    ],
)
async def test_a_call_without_callbacks_ends_as_twilio_says(bench: Bench, status: str, result: AttemptResult) -> None:
    await bench.begin(ago_s=221, call_sid="CA1")
    bench.twilio.add("CA1", status)
    assert (await bench.attend()).last_result is result
    assert bench.twilio.updates == []


@pytest.mark.parametrize(
    ("status", "ending", "result"),
    [
        ("in-progress", "completed", AttemptResult.UNDECIDED),
        ("ringing", "canceled", AttemptResult.NO_ANSWER),
        ("queued", "canceled", AttemptResult.NO_ANSWER),
    ],
)
async def test_a_call_that_outlives_its_limits_is_ended(bench: Bench, status: str, ending: str, result: AttemptResult) -> None:
    await bench.begin(ago_s=221, call_sid="CA1")
    bench.twilio.add("CA1", status)
    assert (await bench.attend()).last_result is result
    assert bench.twilio.updates == [("CA1", ending)]


async def test_a_call_that_twilio_does_not_know_ends_as_our_error(bench: Bench) -> None:
    await bench.begin(ago_s=221, call_sid="CA1")
    found = await bench.attend()
    assert found.last_result is AttemptResult.ERROR
    assert found.attempts[0].reason == "the call is not known to twilio"


async def test_a_call_held_up_by_the_limits_is_shown_as_queued(bench: Bench) -> None:
    not_before = await bench.store.now() + timedelta(milliseconds=60)
    assert (await bench.submit(call=CallWishes(not_before=not_before))).status is Status.WAITING
    while await bench.store.now() < not_before:
        await bench.store.ping()
    assert (await bench.attend()).status is Status.QUEUED
    assert bench.twilio.placed == []


async def test_a_confirmation_that_is_gone_is_no_error(bench: Bench) -> None:
    await bench.job.run(an_order().id, Work.RECONCILIATION)
    assert bench.counts == []
