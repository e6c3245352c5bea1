"""The caps as a running dialer worker keeps them, beside the webhook service and the Twilio simulator."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.core.lifecycle.facts import AttemptBegun, CallEnded, ConversationEnded
from shared.core.outcome import Status, WaitingFor
from tests.support.orders import an_order
from tests.support.simulators.twilio import ARTA
from tests.system.dialer_worker.stage import HANGS_UP, Stage

pytestmark = pytest.mark.system


async def test_thirty_orders_to_one_number_ring_it_as_often_as_the_cap_says(stage: Stage) -> None:
    stage.twilio.script(ARTA, "busy")
    with stage.dialer(MAX_CALLS_PER_NUMBER="3/60", MAX_ATTEMPTS="1") as dialer:
        for number in range(1, 31):
            await stage.submit(number)
        waiting = await stage.becomes(lambda order: order.waiting_for is WaitingFor.NUMBER_CAP, number=30)
        await asyncio.sleep(2)
        assert len(stage.calls()) == 3
        assert dialer.log().count("job_failed") == 0
        care = _figure(dialer.text("/metrics"), 'dialer_care_total{kind="plan"}')
    assert waiting.status is Status.WAITING
    assert waiting.next_attempt_at is not None
    assert waiting.next_attempt_at > waiting.created_at + timedelta(seconds=50)
    assert care < 2.5 * 30, "an order that waits for room is looked at when it may have it, not again and again"


async def test_an_order_is_called_as_soon_as_its_number_has_room_again_also_after_a_crash(stage: Stage) -> None:
    stage.twilio.script(ARTA, "busy", HANGS_UP)
    with stage.dialer(MAX_CALLS_PER_NUMBER="1/4", MAX_ATTEMPTS="1") as dialer:
        await stage.submit(1)
        first = await stage.becomes(lambda order: order.is_finished, number=1)
        await stage.submit(2)
        await stage.becomes(lambda order: order.waiting_for is WaitingFor.NUMBER_CAP, number=2)
        dialer.process.kill()
    with stage.dialer(MAX_CALLS_PER_NUMBER="1/4", MAX_ATTEMPTS="1"):
        second = await stage.becomes(lambda order: order.attempts, number=2)
    pause = second.attempts[0].placed_at - first.attempts[0].placed_at
    assert timedelta(seconds=4) <= pause < timedelta(seconds=12)


async def test_a_shop_beyond_its_spend_limit_waits_and_is_told_of_once(stage: Stage) -> None:
    spender = an_order(1, at=await stage.store.now())
    await stage.store.confirmations.submit(spender)
    for make_fact in (
        lambda now: AttemptBegun(now, "att_1", "+38344000001"),
        lambda now: ConversationEnded(now, "att_1", None, "done", cost_usd=Decimal("0.06")),
        lambda now: CallEnded(now, "att_1", None, "CA1", 20),
    ):
        await stage.store.confirmations.apply(spender.id, make_fact)
    with stage.dialer(SPEND_LIMIT_USD="0.05/86400") as dialer:
        for number in (2, 3):
            await stage.submit(number, "+38344999999")
            await stage.becomes(lambda order: order.waiting_for is WaitingFor.SPEND_LIMIT, number=number)
        assert dialer.log().count("spend_limit_reached") == 1
        assert _figure(dialer.text("/metrics"), 'dialer_spend_limit_reached_total{shop="shopaz"}') == 1
    assert stage.calls() == []


def _figure(metrics: str, name: str) -> float:
    return next(float(line.rpartition(" ")[2]) for line in metrics.splitlines() if line.startswith(name))
