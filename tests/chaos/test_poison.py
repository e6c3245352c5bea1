"""An order that kills each process that loads it is parked after three recoveries; no other order waits for it or fails with it."""

import asyncio
import sys
from pathlib import Path
from subprocess import PIPE, STDOUT, run
from time import monotonic

import pytest

from shared.core.lifecycle.shop_event import EventType
from shared.core.webhook_endpoints.endpoint import Endpoint, secret_of
from tests.chaos.invariants import check_invariants
from tests.chaos.testbed import ChaosTestbed, running_testbed
from tests.chaos.twilio.fake_twilio import TwilioFaults, fake_twilio
from tests.support.orders import NOON
from tests.support.receiver import running_receiver
from tests.system.dialer_worker.processes import ROOT

pytestmark = [pytest.mark.system, pytest.mark.timeout(150)]
SETTINGS = {"WEBHOOK_PRIVATE_TARGETS": "on", "MAX_ATTEMPTS": "1"}
OTHERS = 40


async def until_parked(testbed: ChaosTestbed, entry: str, *, limit_s: float) -> None:
    """Wait until an entry is parked and the log names it; the log's line is written after Redis has the entry."""
    until = monotonic() + limit_s
    while not await testbed.store.dialing.crash_counts.count() or f'"{entry}"' not in testbed.logs():
        assert monotonic() < until, testbed.logs()
        await asyncio.sleep(0.2)


def parked(testbed: ChaosTestbed, *words: str) -> str:
    """Return the output of the program that shows parked entries to a person."""
    command = [sys.executable, "-m", "services.dialer_worker.parked_work", *words]
    environ = {"ENV_FILE": "", **testbed.settings}
    return run(command, cwd=ROOT, env=environ, stdout=PIPE, stderr=STDOUT, text=True, check=False, timeout=30).stdout


async def test_a_poisonous_order_is_parked_and_the_others_are_called(tmp_path: Path) -> None:
    async with fake_twilio(TwilioFaults(), seed=1) as twilio, running_testbed(tmp_path, twilio, settings=SETTINGS) as testbed:
        poison, *others = await testbed.new_orders(1 + OTHERS)
        dialer = await testbed.start_dialer("tests.chaos.faults.poisoned", POISON=poison.id)
        await testbed.submit([poison, *others])
        testbed.ids.remove(poison.id)
        await testbed.wait_until_finished(limit_s=60)
        await until_parked(testbed, "confirmation_parked", limit_s=80)
        assert testbed.logs().count('"confirmation_parked"') == 1
        deaths = testbed.logs().count('"exit_code": -9') + testbed.logs().count('"exit_code":-9')
        assert deaths == 1 + 3  # its first turn, and three recoveries
        assert (await check_invariants(testbed.store, testbed.ids, twilio.all_calls())).faults == [
            "due:parked holds 1",
            "due:begun holds 1",
        ]

        await testbed.end_dialers()
        assert parked(testbed).startswith(poison.id)
        assert "can be read" in parked(testbed, "forget", poison.id)
        assert "is due again" in parked(testbed, "again", "all")
        assert parked(testbed) == ""
        testbed.ids.append(poison.id)
        dialer = await testbed.start_dialer()  # the fault has been repaired
        await testbed.wait_until_finished(limit_s=30)
        assert dialer.poll() is None
        assert (await check_invariants(testbed.store, testbed.ids, twilio.all_calls())).faults == []


async def test_a_poisonous_endpoint_is_parked_and_orders_and_other_endpoints_go_on(tmp_path: Path) -> None:
    async with (
        fake_twilio(TwilioFaults(), seed=1) as twilio,
        running_testbed(tmp_path, twilio, settings=SETTINGS) as testbed,
        running_receiver() as receiver,
    ):
        receiver.secret = secret_of(bytes(range(32)))
        for number in (1, 2):
            endpoint = Endpoint(
                id=f"whe_{number}",
                url=receiver.url,
                secret=receiver.secret,
                shop="shopaz",
                events=(EventType.FINISHED,),
                created_at=NOON,
            )
            await testbed.store.webhooks.save(endpoint)
        orders = await testbed.new_orders(OTHERS)
        await testbed.start_dialer("tests.chaos.faults.poisoned", POISON="whe_1")
        await testbed.submit(orders)
        await testbed.wait_until_finished(limit_s=60)
        await until_parked(testbed, "endpoint_parked", limit_s=60)
        assert testbed.logs().count('"endpoint_parked"') == 1
        faults = ["due:parked holds 1", "due:begun holds 1"]
        assert (await check_invariants(testbed.store, testbed.ids, twilio.all_calls())).faults == faults
        assert {event["subject"] for event in receiver.events} == set(testbed.ids)

        await testbed.end_dialers()
        assert parked(testbed).startswith("whe_1")
        assert "is erased" not in parked(testbed, "forget", "whe_1")
        assert "is due again" in parked(testbed, "again", "whe_1")
        await testbed.start_dialer()  # the fault has been repaired
        until = monotonic() + 20
        while len(set(receiver.ids)) * 2 > len(receiver.ids):
            assert monotonic() < until, testbed.logs()
            await asyncio.sleep(0.1)
