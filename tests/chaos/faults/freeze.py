"""Freezes a worker between its intent and its request, for longer than any process waits for the call's result."""

import asyncio
from pathlib import Path

from tests.chaos.faults.redis_fault_proxy import FROZEN_S, FaultKind, FaultPoint, RedisFaultProxy, When, redis_fault_proxy
from tests.chaos.invariants import InvariantReport, check_invariants
from tests.chaos.testbed import ChaosTestbed, running_testbed
from tests.chaos.twilio.fake_twilio import TwilioFaults, fake_twilio

DIALER = "services.dialer_worker"
WITHOUT_DEADLINE = "tests.chaos.faults.without_deadline"

INTENT_WRITTEN = FaultPoint("commit", 1, When.AFTER)
# A request leaves within half a second of its intent. Two and a half seconds later, when Twilio has been asked twice, the order is
# called again: a busy machine may need that long to carry the request to Twilio.
_SETTINGS = {"MAX_ATTEMPTS": "1", "RECONCILE_AFTER_S": "1.5", "DIALER_CALLS_AT_ONCE": "1"}
_WARMING = 8  # the number of orders by which all workers have connected and sent their scripts once


async def freeze_workers(folder: Path, *, module: str, orders: int, workers: int = 8) -> InvariantReport:
    """Freeze a worker in each order's placing; `module` is the program that dials."""
    async with fake_twilio(TwilioFaults(), seed=1) as twilio, running_testbed(folder, twilio, settings=_SETTINGS) as testbed:
        async with redis_fault_proxy(folder / "valkey.sock", folder / "proxy.sock", FaultKind.FREEZE) as proxy:
            await testbed.start_dialer(module, DIALER_WORKERS=str(workers), REDIS_URL=f"unix://{folder}/proxy.sock?db=0")
            await testbed.submit(await testbed.new_orders(_WARMING))
            await testbed.wait_until_finished(limit_s=30)
            await _freeze(testbed, proxy, orders)
            await testbed.end_dialers()
        return await check_invariants(testbed.store, testbed.ids, twilio.all_calls())


async def _freeze(testbed: ChaosTestbed, proxy: RedisFaultProxy, count: int) -> None:
    orders = await testbed.new_orders(count)
    proxy.fault_points.update({order.id: INTENT_WRITTEN for order in orders})
    await testbed.submit(orders)
    await testbed.wait_until_finished(limit_s=45)
    if proxy.fault_points:
        raise AssertionError(f"nobody was frozen over {len(proxy.fault_points)} orders")
    await asyncio.sleep(FROZEN_S + 1)  # the orders have ended; now the frozen workers continue
