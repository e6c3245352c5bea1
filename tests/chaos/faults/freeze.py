"""A worker that sleeps between its intent and its request, longer than anybody waits for news of it."""

import asyncio
from pathlib import Path

from tests.chaos.faults.redis_fault_proxy import FROZEN_S, Blow, Tripwire, When, Wire, tripwire
from tests.chaos.invariants import Judgement, judge
from tests.chaos.testbed import Site, a_site
from tests.chaos.twilio.fake_twilio import Moods, fake_twilio

DIALER = "services.dialer_worker"
WITHOUT_DEADLINE = "tests.chaos.faults.without_deadline"

INTENT_WRITTEN = Wire("commit", 1, When.AFTER)
# A request leaves within half a second of its intent; two and a half seconds later, when Twilio has been asked twice, the order is
# called anew: so long may a busy machine take to carry the request to Twilio.
_SETTINGS = {"MAX_ATTEMPTS": "1", "RECONCILE_AFTER_S": "1.5", "DIALER_CALLS_AT_ONCE": "1"}
_WARMING = 8  # orders, by which all workers have connected and sent their scripts once


async def freeze_workers(folder: Path, *, module: str, orders: int, workers: int = 8) -> Judgement:
    """Freeze a worker in each order's placing; `module` is the program that dials."""
    async with fake_twilio(Moods(), seed=1) as twilio, a_site(folder, twilio, settings=_SETTINGS) as site:
        async with tripwire(folder / "valkey.sock", folder / "trip.sock", Blow.FREEZE) as wire:
            await site.start_dialer(module, DIALER_WORKERS=str(workers), REDIS_URL=f"unix://{folder}/trip.sock?db=0")
            await site.submit(await site.new_orders(_WARMING))
            await site.come_to_rest(limit_s=30)
            await _freeze(site, wire, orders)
            await site.end_dialers()
        return await judge(site.store, site.ids, twilio.all_calls())


async def _freeze(site: Site, wire: Tripwire, count: int) -> None:
    orders = await site.new_orders(count)
    wire.wires.update({order.id: INTENT_WRITTEN for order in orders})
    await site.submit(orders)
    await site.come_to_rest(limit_s=45)
    if wire.wires:
        raise AssertionError(f"nobody was frozen over {len(wire.wires)} orders")
    await asyncio.sleep(FROZEN_S + 1)  # the orders are through; now who slept wakes up
