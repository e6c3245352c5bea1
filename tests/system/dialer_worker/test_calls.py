"""Calls as a running dialer worker places them, with the webhook service and the Twilio simulator around it."""

import asyncio
from datetime import timedelta

import pytest

from shared.core.lifecycle.facts import AttemptBegun, CallPlaced, InboundCallArrived, Withdrawn
from shared.core.outcome import AttemptResult, Direction, Outcome, Status
from tests.support.orders import an_order
from tests.support.simulators.twilio import ARTA, SHOP
from tests.system.dialer_worker.stage import HANGS_UP, RINGS, Stage, eventually

pytestmark = pytest.mark.system


async def test_an_order_is_called_and_a_busy_line_is_called_again(stage: Stage) -> None:
    stage.twilio.script(ARTA, "busy", HANGS_UP)
    with stage.dialer() as dialer:
        await stage.submit()
        found = await stage.becomes(lambda order: len(order.attempts) == 2 and order.open_attempt is None)
        log, metrics = dialer.log(), dialer.text("/metrics")
    assert [attempt.result for attempt in found.attempts] == [AttemptResult.BUSY, AttemptResult.UNDECIDED]
    assert [call["sid"] for call in reversed(stage.calls())] == [attempt.call_sid for attempt in found.attempts]
    assert 'dialer_placings_total{result="placed"} 2.0' in metrics
    assert ARTA not in log
    assert "44123456" not in log


async def test_too_many_requests_cost_no_attempt(stage: Stage) -> None:
    stage.twilio.script(ARTA, RINGS)
    stage.twilio.faults({"fault": "create_429", "next": 1})
    with stage.dialer():
        await stage.submit()
        found = await stage.becomes(lambda order: order.status is Status.CALLING and order.attempts[0].call_sid)
    assert len(found.attempts) == len(stage.calls()) == 1


async def test_a_call_that_was_placed_behind_a_500_is_found_by_its_callbacks(stage: Stage) -> None:
    stage.twilio.script(ARTA, HANGS_UP)
    stage.twilio.faults({"fault": "create_500_accepted", "next": 1})
    with stage.dialer():
        await stage.submit()
        found = await stage.becomes(lambda order: order.last_result is not None)
    assert [call["sid"] for call in stage.calls()] == [found.attempts[0].call_sid]


async def test_a_call_that_was_placed_behind_a_500_is_found_in_the_list(stage: Stage) -> None:
    stage.twilio.script(ARTA, "busy", HANGS_UP)
    stage.twilio.faults({"fault": "create_500_accepted", "next": 1}, {"fault": "callback_dropped", "next": 4})
    with stage.dialer():
        await stage.submit()
        found = await stage.becomes(lambda order: len(order.attempts) == 2 and order.open_attempt is None)
    assert [attempt.result for attempt in found.attempts] == [AttemptResult.BUSY, AttemptResult.UNDECIDED]
    assert len(stage.calls()) == 2


@pytest.mark.parametrize("fault", ["create_500_refused", "create_silent_refused"])
async def test_a_call_proven_absent_is_placed_again_and_costs_no_attempt(stage: Stage, fault: str) -> None:
    stage.twilio.script(ARTA, HANGS_UP)
    stage.twilio.faults({"fault": fault, "next": 1, "delay_s": 0.5})
    with stage.dialer():
        await stage.submit()
        found = await stage.becomes(lambda order: order.last_result is not None)
    assert len(found.attempts) == len(stage.calls()) == 1


async def test_a_wrong_token_stops_the_dialing_loudly_and_loses_no_order(stage: Stage) -> None:
    stage.twilio.script(ARTA, RINGS)
    with stage.dialer(TWILIO_AUTH_TOKEN="wrong") as dialer:
        await stage.submit()

        async def paused() -> str | None:
            return dialer.text("/readyz") if dialer.status("/readyz") == 503 else None

        reason = await eventually(paused)
        assert "20003" in reason
        assert (await stage.get()).status is Status.QUEUED
        assert "dialing_paused" in dialer.log()
    assert stage.calls() == []
    assert (await stage.get()).attempts == ()


async def test_ringing_stops_when_the_order_is_taken_back(stage: Stage) -> None:
    stage.twilio.script(ARTA, RINGS)
    with stage.dialer():
        await stage.submit()
        await stage.becomes(lambda order: order.attempts and order.attempts[0].call_sid)
        await stage.store.confirmations.apply(an_order().id, Withdrawn)
        found = await stage.becomes(lambda order: order.is_finished)
    assert (found.outcome, found.last_result) == (Outcome.WITHDRAWN, AttemptResult.WITHDRAWN)
    assert [call["status"] for call in stage.calls()] == ["canceled"]


async def test_a_customer_who_phones_us_is_not_called_meanwhile(stage: Stage) -> None:
    stage.twilio.script(ARTA, "busy")
    with stage.dialer():
        await stage.submit()
        await stage.becomes(lambda order: order.last_result is AttemptResult.BUSY)
        await stage.store.confirmations.apply(an_order().id, lambda now: InboundCallArrived(now, "att_in", "CAin"))
        await asyncio.sleep(2)  # the retry was due after one second
        found = await stage.get()
    assert (found.status, found.attempts[-1].direction) == (Status.IN_CALL, Direction.INBOUND)
    assert len(stage.calls()) == 1


async def test_a_call_whose_callbacks_were_all_lost_still_ends(stage: Stage) -> None:
    stage.twilio.script(ARTA, "busy")
    sid = stage.twilio.create(Twiml="<Response/>")["sid"]
    await stage.submit()
    begun = timedelta(seconds=5 + 5 + 15 - 1)  # ring and talk limits, and what a call gets beyond them
    apply = stage.store.confirmations.apply
    await apply(an_order().id, lambda now: AttemptBegun(now - begun, "att_1", SHOP))
    await apply(an_order().id, lambda now: CallPlaced(now - begun, "att_1", sid))
    with stage.dialer(MAX_ATTEMPTS="1"):
        found = await stage.becomes(lambda order: order.last_result is not None)
    assert (found.last_result, found.outcome) == (AttemptResult.BUSY, Outcome.UNREACHED)
    assert len(stage.calls()) == 1
