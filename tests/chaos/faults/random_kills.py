"""The fence under fire: orders are called while whatever places them is killed; then the judge looks at what happened."""

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

from tests.chaos.invariants import Judgement, judge
from tests.chaos.testbed import Site, a_site
from tests.chaos.twilio.fake_twilio import HARD, Moods, fake_twilio

VICTIMS = {"worker": 12, "front": 3, "keeper": 2, "valkey": 2}  # by weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run. `kills` end after that many; the pause between two is drawn from `every_s`."""

    seed: int
    orders: int
    kills: int
    every_s: tuple[float, float] = (0.3, 1.1)
    victims: dict[str, int] = field(default_factory=lambda: dict(VICTIMS))
    moods: Moods = HARD
    trees: int = 2
    workers: int = 4
    fsync_ms: float = 5.0
    orders_per_phone: int = 2
    limit_s: float = 600.0
    settings: dict[str, str] = field(default_factory=dict)


def too_hasty(*, seed: int, orders: int) -> Plan:
    """Return the control: placings are settled before Twilio, which is late, could know of them."""
    return Plan(
        seed=seed,
        orders=orders,
        kills=0,
        moods=Moods(accepts_after_s=(2.0, 3.0)),
        trees=1,
        fsync_ms=0,
        orders_per_phone=1,
        limit_s=60,
        settings={"MAX_ATTEMPTS": "1", "RECONCILE_AFTER_S": "0.5"},
    )


@dataclass(slots=True)
class Outcome:
    """What a run came to."""

    plan: Plan
    judgement: Judgement
    calls: int
    requests: int
    kills: Counter[str]
    seconds: float

    def lines(self) -> Iterator[str]:
        """Yield the outcome for people."""
        found = self.judgement
        kills = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items())) or "none"
        yield f"seed {self.plan.seed}: {self.plan.orders} orders, {self.requests} requests, {self.calls} calls"
        yield f"  {self.seconds:.0f} s; killed: {kills}"
        yield f"  called twice {len(found.called_twice)}, lost {len(found.lost)}, unlike Twilio's calls {len(found.unlike)}"
        yield f"  events torn {len(found.torn)}, leaked {len(found.leaked)}; {dict(sorted(found.outcomes.items()))}"
        yield from (f"  {fault}" for fault in found.faults[:20])


async def run_fence(plan: Plan, folder: Path) -> Outcome:
    """Call all orders of the plan, through all its faults."""
    begun = monotonic()
    async with (
        fake_twilio(plan.moods, seed=plan.seed) as twilio,
        a_site(folder, twilio, fsync_ms=plan.fsync_ms, settings=plan.settings) as site,
    ):
        site.orders_per_phone = plan.orders_per_phone
        for _ in range(plan.trees):
            await site.start_dialer(DIALER_WORKERS=str(plan.workers))
        await site.submit(await site.new_orders(plan.orders))
        async with asyncio.TaskGroup() as group:
            killer = Killer(site, plan)
            killing = group.create_task(killer.run())
            await site.come_to_rest(limit_s=plan.limit_s)
            killing.cancel()
        found = await judge(site.store, site.ids, twilio.all_calls())
        return Outcome(plan, found, len(twilio.calls), twilio.requests, killer.done, monotonic() - begun)


class Killer:
    """Kills by a seeded plan, and starts again what nobody else would."""

    def __init__(self, site: Site, plan: Plan) -> None:
        self._site = site
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
