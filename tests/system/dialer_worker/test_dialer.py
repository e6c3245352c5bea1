"""Placing a call: what is written before and after Twilio is asked, and when it is not asked at all."""

from datetime import timedelta

import httpx
import pytest

from services.dialer_worker.worker_counts import CountKind
from shared.core.confirmation import Phase
from shared.core.lifecycle.facts import AttemptBegun, CallEnded, CallerJoined, PlacingUndone, Withdrawn
from shared.core.order import CallWishes, OnMachine
from shared.core.outcome import AttemptResult, Outcome, Status
from shared.twilio.stream_token import read
from tests.support.orders import PHONE, an_order
from tests.system.dialer_worker.conftest import FROM, SETTINGS, Bench

pytestmark = pytest.mark.system


ACCOUNT_FAULTS = [
    (401, 20003),
    (403, 20003),
    (403, 20005),
    (400, 10001),
    (403, 10002),
    (429, 10004),
    (401, 10005),
    (400, 21210),
    (400, 573005),
]
"""HTTP status and code: the code decides, whatever the status."""


def refused(status: int, code: int, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "message": f"about {PHONE}"}, headers=headers)


async def test_a_granted_order_is_called(bench: Bench) -> None:
    found = await bench.dial()
    attempt = found.open_attempt
    assert attempt is not None
    assert (found.status, attempt.phase, attempt.call_sid) == (Status.CALLING, Phase.PLACED, "CA1")
    assert bench.counted(CountKind.PLACING) == ["placed"]
    request = bench.twilio.placed[0]
    assert (request["To"], request["From"]) == ([PHONE], [FROM])
    assert f"/twilio/status/{found.id}/{attempt.id}" in request["StatusCallback"][0]
    token = request["Twiml"][0].split('name="token" value="')[1].split('"')[0]
    assert read((SETTINGS["SIGNING_SECRET"],), token) == (found.id, attempt.id)


async def test_nobody_is_called_without_a_grant(bench: Bench) -> None:
    await bench.submit()
    assert (await bench.attend()).attempts == ()
    assert bench.twilio.placed == []


async def test_attending_twice_calls_once(bench: Bench) -> None:
    await bench.dial()
    await bench.attend()
    assert len(bench.twilio.placed) == 1


async def test_voicemail_waits_for_the_beep_only_where_a_message_is_wanted(bench: Bench) -> None:
    await bench.dial(call=CallWishes(on_machine=OnMachine.LEAVE_MESSAGE))
    assert bench.twilio.placed[0]["MachineDetection"] == ["DetectMessageEnd"]


async def test_a_number_on_the_do_not_call_list_is_not_called(bench: Bench) -> None:
    await bench.submit()
    await bench.store.opt_outs.add("shopaz", PHONE)
    await bench.grant()
    assert (await bench.attend()).outcome is Outcome.UNDIALABLE
    assert bench.twilio.placed == []


async def test_an_order_that_expired_since_its_grant_is_not_called(bench: Bench) -> None:
    expires_at = await bench.store.now() + timedelta(milliseconds=80)
    await bench.submit(call=CallWishes(expires_at=expires_at))
    await bench.grant()
    while await bench.store.now() < expires_at:
        await bench.store.ping()
    assert (await bench.attend()).outcome is Outcome.EXPIRED
    assert await bench.store.dialing.due.calls_open() == 0
    assert bench.twilio.placed == []


async def test_somebody_elses_attempt_is_not_called_again(bench: Bench) -> None:
    await bench.submit()
    await bench.grant()
    await bench.store.confirmations.apply(an_order().id, lambda now: AttemptBegun(now, "att_other", FROM))
    found = await bench.attend()
    assert [attempt.id for attempt in found.attempts] == ["att_other"]
    assert bench.twilio.placed == []


@pytest.mark.parametrize("code", [21211, 21214, 21217])
async def test_a_number_that_cannot_be_called_ends_as_undialable_with_a_reason(bench: Bench, code: int) -> None:
    bench.twilio.answers.append(refused(400, code))
    found = await bench.dial()
    assert (found.status, found.outcome) == (Status.FINISHED, Outcome.UNDIALABLE)
    assert [attempt.result for attempt in found.attempts] == [AttemptResult.FAILED]
    assert str(found.attempts[0].reason).startswith(f"twilio {code}: ")
    assert PHONE not in str(found.attempts[0].reason)


async def test_too_many_requests_is_tried_again_later_and_is_no_attempt(bench: Bench) -> None:
    bench.twilio.answers.append(refused(429, 20429, **{"Retry-After": "5"}))
    found = await bench.dial()
    assert (found.status, found.attempts) == (Status.QUEUED, ())
    assert found.next_attempt_at is not None
    pause_s = (found.next_attempt_at - await bench.store.now()).total_seconds()
    assert 5 < pause_s < 9
    assert await bench.store.dialing.due.calls_open() == 0


@pytest.mark.parametrize(("status", "code"), ACCOUNT_FAULTS)
async def test_a_fault_of_the_account_pauses_dialing_and_loses_no_order(bench: Bench, status: int, code: int) -> None:
    bench.twilio.answers.append(refused(status, code))
    found = await bench.dial()
    assert (found.status, found.attempts) == (Status.QUEUED, ())
    circuit = await bench.store.dialing.circuit.state()
    assert circuit is not None
    assert circuit.reason.startswith(f"twilio {code}: ")


async def test_a_probe_that_succeeds_lets_dialing_go_on(bench: Bench) -> None:
    bench.twilio.answers.append(refused(401, 20003))
    await bench.dial()
    circuit = await bench.store.dialing.circuit.state()
    assert circuit is not None
    while await bench.store.now() < circuit.probe_at:
        await bench.store.ping()
    await bench.grant()
    assert (await bench.attend()).status is Status.CALLING
    assert await bench.store.dialing.circuit.state() is None


async def test_any_other_refusal_is_an_attempt_that_failed_on_our_side(bench: Bench) -> None:
    bench.twilio.answers.append(refused(400, 21205))
    found = await bench.dial()
    assert (found.status, found.last_result) == (Status.WAITING, AttemptResult.ERROR)


@pytest.mark.parametrize("answer", [httpx.Response(500, json={"code": 20500}), httpx.ReadTimeout("slow")])
async def test_an_unclear_answer_is_never_repeated(bench: Bench, answer: httpx.Response | httpx.HTTPError) -> None:
    bench.twilio.answers.append(answer)
    found = await bench.dial()
    assert found.open_attempt is not None
    assert found.open_attempt.phase is Phase.PLACING
    await bench.attend()
    assert len(bench.twilio.placed) == 1
    assert await bench.store.dialing.due.calls_open() == 1


async def test_a_request_that_never_left_is_tried_again_after_a_pause(bench: Bench) -> None:
    bench.twilio.answers.append(httpx.ConnectError("refused"))
    found = await bench.dial()
    assert (found.status, found.attempts) == (Status.QUEUED, ())
    assert found.next_attempt_at is not None
    assert found.next_attempt_at > await bench.store.now()


async def test_a_call_placed_after_the_shop_took_the_order_back_is_cancelled(bench: Bench) -> None:
    await bench.submit()
    await bench.grant()
    bench.twilio.meanwhile = lambda: bench.store.confirmations.apply(an_order().id, Withdrawn)
    found = await bench.attend()
    assert found.outcome is Outcome.WITHDRAWN
    assert bench.twilio.updates == [("CA1", "canceled")]


async def test_a_call_for_an_attempt_that_was_taken_back_meanwhile_is_cancelled(bench: Bench) -> None:
    await bench.submit()
    await bench.grant()

    async def undo() -> None:
        attempt = (await bench.get()).open_attempt
        assert attempt is not None
        await bench.store.confirmations.apply(an_order().id, lambda now: PlacingUndone(now, attempt.id, now))

    bench.twilio.meanwhile = undo
    assert (await bench.attend()).attempts == ()
    assert bench.twilio.updates == [("CA1", "canceled")]


async def test_a_call_that_is_placed_after_a_caller_took_its_place_and_hung_up_is_cancelled(bench: Bench) -> None:
    await bench.submit()
    await bench.grant()

    async def join() -> None:
        attempt = (await bench.get()).open_attempt
        assert attempt is not None
        await bench.store.confirmations.apply(an_order().id, lambda now: CallerJoined(now, attempt.id, "CA9"))
        await bench.store.confirmations.apply(an_order().id, lambda now: CallEnded(now, attempt.id, None, "CA9", 1))

    bench.twilio.meanwhile = join
    assert (await bench.attend()).rung_attempts == ()
    assert bench.twilio.updates == [("CA1", "canceled")]


async def test_a_worker_that_slept_after_its_claim_sends_nothing(bench: Bench) -> None:
    await bench.submit()
    await bench.grant()
    ticks = iter([0.0])
    bench.clock.read = lambda: next(ticks, 2.1)
    found = await bench.attend()
    assert (found.status, found.attempts) == (Status.QUEUED, ())
    assert bench.twilio.placed == []
