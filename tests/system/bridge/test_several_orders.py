"""A customer with two open orders phones us: both are spoken about in one call, the newest first."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shared.core.lifecycle.facts import InboundCallArrived
from shared.core.order import Customer, Item, Order
from shared.core.outcome import Outcome
from shared.twilio.stream_token import issue
from tests.support.bridge.process import SECRET, BridgeProcess, open_store, running_bridge
from tests.support.orders import an_order
from tests.support.simulators.openai import SimulatorProcess
from tests.support.simulators.twilio import FarEnd, TwilioSimulator, stream_twiml
from tests.support.valkey import ValkeyServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

PHONE = "+38344177777"
ATTEMPT = f"att_{70002:026}"
LISTEN = "wait_until_agent_done"
LISTEN_ON = {"wait_until_agent_done": 4000}  # over the pause before the next order
PROVE_BOTH = ({"press": "0002"}, {"press": "0001"})
STEPS = [LISTEN, PROVE_BOTH[0], LISTEN, {"press": "1"}, LISTEN_ON, PROVE_BOTH[1], LISTEN, {"press": "2"}]


@pytest.fixture
def bridge(valkey_server: ValkeyServer, openai: SimulatorProcess, folder: Path) -> Iterator[BridgeProcess]:
    valkey_server.flush()
    with running_bridge(folder, redis_url=valkey_server.url, openai_url=openai.url) as process:
        yield process


async def test_both_orders_are_decided_in_one_call(
    valkey_server: ValkeyServer, openai: SimulatorProcess, twilio: TwilioSimulator, bridge: BridgeProcess, end: FarEnd
) -> None:
    twilio.script(PHONE, {"answer": {"ring_s": 0.2, "steps": STEPS, "amd": {"verdict": "none"}}})
    async with open_store(valkey_server.url) as store:
        now = await store.now()
        for number in (70001, 70002):
            order = Order(f"SHP-{number}", None, (Item(f"Kufje {number}"),))
            await store.confirmations.submit(replace(an_order(number, at=now), order=order, customer=Customer(PHONE)))
        newest = an_order(70002).id
        await store.confirmations.apply(newest, lambda at: InboundCallArrived(at, ATTEMPT, ""))
        after = end.say("/after", "<Response><Hangup/></Response>")
        twiml = stream_twiml(bridge.stream_url, action=after, token=issue(SECRET, newest, ATTEMPT))
        placed = await asyncio.to_thread(twilio.create, To=PHONE, Twiml=twiml)
        ledger = await twilio.ended(placed["sid"], limit_s=80)
        first, second = [await store.confirmations.get(an_order(number).id) for number in (70002, 70001)]
        words = [turn.text for one in (first, second) for turn in await store.transcripts.get(one.id)]
    assert first.outcome is Outcome.CONFIRMED
    assert second.attempts[0].verdict is not None
    assert second.attempts[0].verdict.kind.outcome is Outcome.CANCELLED
    assert first.attempts[0].call_sid == second.attempts[0].call_sid == placed["sid"]
    assert len(ledger["streams"]) == 1
    assert (ledger["streams"][0]["closed_by"], ledger["streams"][0]["cut_ms"]) == ("server", 0)
    assert not ledger["warnings"]
    spoken = " ".join(words)
    assert spoken.count("Përshëndetje") == 1, "nobody is greeted twice"
    assert spoken.count("Ditë të mbarë!") + spoken.count("ditë të mbarë!") == 1, "leave is taken once"
    assert spoken.index("Keni edhe një porosi tjetër") > spoken.index("Porosia juaj u konfirmua.")
