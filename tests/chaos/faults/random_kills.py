"""Random kills: workers, front, parent and Valkey are killed while orders are called; then the invariants are checked."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic

from tests.chaos.invariants import InvariantReport, check_invariants
from tests.chaos.testbed import ChaosTestbed, running_testbed
from tests.chaos.twilio.fake_twilio import MANY_FAULTS, TwilioFaults, fake_twilio

VICTIMS = {"worker": 12, "front": 3, "keeper": 2, "valkey": 2}  # by weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The plan of one run. The killing stops after `kills` kills; the pause between two kills is drawn from `every_s`."""

    seed: int
    orders: int
    kills: int
    every_s: tuple[float, float] = (0.3, 1.1)
    victims: dict[str, int] = field(default_factory=lambda: dict(VICTIMS))
    twilio_faults: TwilioFaults = MANY_FAULTS
    trees: int = 2
    workers: int = 4
    fsync_ms: float = 5.0
    orders_per_phone: int = 2
    limit_s: float = 600.0
    settings: dict[str, str] = field(default_factory=dict)


def settles_too_early(*, seed: int, orders: int) -> Plan:
    """Return the control: placings are settled before Twilio, whose data is late, could know of them."""
    return Plan(
        seed=seed,
        orders=orders,
        kills=0,
        twilio_faults=TwilioFaults(accepts_after_s=(2.0, 3.0)),
        trees=1,
        fsync_ms=0,
        orders_per_phone=1,
        limit_s=60,
        settings={"MAX_ATTEMPTS": "1", "RECONCILE_AFTER_S": "0.5"},
    )


@dataclass(slots=True)
class Outcome:
    """The result of a run."""

    plan: Plan
    report: InvariantReport
    calls: int
    requests: int
    kills: Counter[str]
    seconds: float

    def lines(self) -> Iterator[str]:
        """Yield the result in lines for a person to read."""
        found = self.report
        kills = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items())) or "none"
        yield f"seed {self.plan.seed}: {self.plan.orders} orders, {self.requests} requests, {self.calls} calls"
        yield f"  {self.seconds:.0f} s; killed: {kills}"
        yield f"  called twice {len(found.called_twice)}, lost {len(found.lost)}, unlike Twilio's calls {len(found.unlike)}"
        yield f"  events torn {len(found.torn)}, leaked {len(found.leaked)}; {dict(sorted(found.outcomes.items()))}"
        yield from (f"  {fault}" for fault in found.faults[:20])


async def run_random_kills(plan: Plan, folder: Path) -> Outcome:
    """Call all orders of the plan while its faults happen."""
    begun = monotonic()
    async with (
        fake_twilio(plan.twilio_faults, seed=plan.seed) as twilio,
        running_testbed(folder, twilio, fsync_ms=plan.fsync_ms, settings=plan.settings) as testbed,
    ):
        testbed.orders_per_phone = plan.orders_per_phone
        for _ in range(plan.trees):
            await testbed.start_dialer(DIALER_WORKERS=str(plan.workers))
        await testbed.submit(await testbed.new_orders(plan.orders))
        async with asyncio.TaskGroup() as group:
            killer = Killer(testbed, plan)
            killing = group.create_task(killer.run())
            await testbed.wait_until_finished(limit_s=plan.limit_s)
            killing.cancel()
        found = await check_invariants(testbed.store, testbed.ids, twilio.all_calls())
        return Outcome(plan, found, len(twilio.calls), twilio.requests, killer.done, monotonic() - begun)


class Killer:
    """Kills by a seeded plan, and restarts the processes that no other process restarts."""

    def __init__(self, testbed: ChaosTestbed, plan: Plan) -> None:
        self._site = testbed
        self._plan = plan
        self._rng = Random(plan.seed + 1)
        self.done: Counter[str] = Counter()

    async def run(self) -> None:
        """Kill as planned."""
        names, weights = list(self._plan.victims), list(self._plan.victims.values())
        for _ in range(self._plan.kills):
            await asyncio.sleep(self._rng.uniform(*self._plan.every_s))
            name = self._rng.choices(names, weights)[0]
            await self._kill(name)
            self.done[name] += 1

    async def _kill(self, name: str) -> None:
        dialer = self._rng.choice(self._site.dialers)
        children = self._site.children(dialer)
        match name:
            case "valkey":
                await self._site.restart_valkey(away_s=self._rng.uniform(0.05, 1))
            case "keeper":
                await self._site.kill_dialer(dialer)
                await self._site.start_dialer(DIALER_WORKERS=str(self._plan.workers))
            case "front" if children:
                _kill(children[0])
            case "worker" if len(children) > 1:
                _kill(self._rng.choice(children[1:]))
            case _:
                pass


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
