"""A crash at every step of a placing: undisturbed placings show the steps; then a process is killed at each of them."""

import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from time import monotonic

from shared.core.confirmation import Confirmation
from tests.chaos.faults.redis_fault_proxy import FaultKind, FaultPoint, OrderSteps, RedisFaultProxy, When, redis_fault_proxy
from tests.chaos.invariants import InvariantReport, check_invariants
from tests.chaos.testbed import ChaosTestbed, running_testbed
from tests.chaos.twilio.fake_twilio import TwilioFaults, fake_twilio

# The first callback comes after the answer, so the worker itself records the answer.
_TWILIO_FAULTS = TwilioFaults(answers_after_s=(0.02, 0.03), tells_after_s=0.3, rings_s=(0.05, 0.1))
_ONE_AT_A_TIME = {"MAX_ATTEMPTS": "1", "DIALER_CALLS_AT_ONCE": "1"}
_LEARNING = 8  # orders
_ROUNDS = 3  # a fault point that no process reached is tried again with another order
_LIMIT_S = 60.0
_CONNECTING = {"HELLO", "CLIENT SETINFO", "CLIENT SETINFO+CLIENT SETINFO", "script", "TIME", "INFO server"}
_OF_A_PLACING = "INCRBY caller_ids:turn"
_OF_A_JOB = "BLMOVE rq:queue:dial"
_OF_A_GRANT = "admit"
_GRANT_STEPS = 4  # the grant, RQ's two for the job, and the ticker's next command
TWILIO_STEPS = ("request heard", "call accepted", "answer sent")

Point = FaultPoint | str
"""A step to Redis, or one of `TWILIO_STEPS`."""


@dataclass(slots=True)
class Crashes:
    """The result of a run: the fault points by name, those that no process reached, and the invariants."""

    points: list[str]
    missed: list[str]
    report: InvariantReport
    calls: int
    seconds: float

    def lines(self) -> Iterator[str]:
        """Yield the result in lines for a person to read."""
        found = self.report
        yield f"{len(self.points)} fault points, missed {len(self.missed)}, {self.calls} calls, {self.seconds:.0f} s"
        yield f"  called twice {len(found.called_twice)}, lost {len(found.lost)}, unlike Twilio's calls {len(found.unlike)}"
        yield from (f"  {line}" for line in (*found.faults, *(f"missed {name}" for name in self.missed)))


@dataclass(slots=True)
class Crasher:
    """Kills a process at each fault point, each time with an order of its own."""

    testbed: ChaosTestbed
    proxy: RedisFaultProxy
    twilio_fault_points: dict[str, str] = field(default_factory=dict)  # by the customer's number
    struck: set[str] = field(default_factory=set)

    def learn(self) -> list[Point]:
        """Return all fault points of the undisturbed placings so far, and of the grants before them.

        Of each kind the most frequent sequence counts: the ticker's process also counts what is parked once a second,
        and such a command falls into some sequences only.
        """
        all_steps = [order_steps for told in self.proxy.steps_by_order.values() for order_steps in told]
        placings = Counter(job for one in all_steps for job in _jobs(one) if _OF_A_PLACING in job)
        usual, _ = placings.most_common(1)[0]
        grants = Counter(tuple(one.steps[:_GRANT_STEPS]) for one in all_steps if one.steps[0] == _OF_A_GRANT)
        grant, _ = Counter({steps: seen for steps, seen in grants.items() if len(steps) == _GRANT_STEPS}).most_common(1)[0]
        return [*_fault_points(usual), *_fault_points(grant), *TWILIO_STEPS]

    async def strike(self, points: list[Point]) -> list[Point]:
        """Strike at each point with a new order, and wait for all orders; return the points that no process reached."""
        orders = await self.testbed.new_orders(len(points))
        armed = list(zip(points, orders, strict=True))
        for point, order in armed:
            self._arm(point, order)
        await self.testbed.submit(orders)
        await self.testbed.wait_until_finished(limit_s=_LIMIT_S)
        left = [
            point
            for point, order in armed
            if order.id in self.proxy.fault_points or order.customer.phone in self.twilio_fault_points
        ]
        self.struck |= {str(point) for point in points if point not in left}
        self.proxy.fault_points.clear()
        self.twilio_fault_points.clear()
        return left

    def watch(self, step: str) -> Callable[[str], Awaitable[None]]:
        """Return Twilio's action at a step: it kills the worker that sent the request, if a fault point says so."""

        async def look(phone: str) -> None:
            if self.twilio_fault_points.get(phone) != step:
                return
            pid = self.proxy.pid_of(self.testbed.order_of(phone))
            if pid is not None:
                del self.twilio_fault_points[phone]
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

        return look

    def _arm(self, point: Point, order: Confirmation) -> None:
        if isinstance(point, FaultPoint):
            self.proxy.fault_points[order.id] = point
        else:
            self.twilio_fault_points[order.customer.phone] = point


async def crash_everywhere(folder: Path, *, workers: int = 8) -> Crashes:
    """Kill a process at every step of a placing, each time while it works on a different order."""
    begun = monotonic()
    async with fake_twilio(_TWILIO_FAULTS, seed=1) as twilio, running_testbed(folder, twilio, settings=_ONE_AT_A_TIME) as testbed:
        async with redis_fault_proxy(folder / "valkey.sock", folder / "proxy.sock", FaultKind.KILL) as proxy:
            crasher = Crasher(testbed, proxy)
            await testbed.start_dialer(DIALER_WORKERS=str(workers), REDIS_URL=f"unix://{folder}/proxy.sock?db=0")
            await testbed.submit(await testbed.new_orders(_LEARNING))
            await testbed.wait_until_finished(limit_s=_LIMIT_S)
            missed = crasher.learn()
            twilio.on_request, twilio.on_accepted, twilio.on_answered = (crasher.watch(step) for step in TWILIO_STEPS)
            for _ in range(_ROUNDS):
                missed = await crasher.strike(missed) if missed else []
            await testbed.end_dialers()
        found = await check_invariants(testbed.store, testbed.ids, twilio.all_calls())
    names = sorted(crasher.struck)
    return Crashes(names, [str(point) for point in missed], found, len(twilio.calls), monotonic() - begun)


def _jobs(order_steps: OrderSteps) -> Iterator[tuple[str, ...]]:
    """Yield the steps of each job that a worker took for the order, up to its wait for the next; without those of connecting."""
    steps = [step for step in order_steps.steps if step not in _CONNECTING]
    takes = [index for index, step in enumerate(steps) if step == _OF_A_JOB]
    for begin, end in pairwise(takes):
        yield tuple(steps[begin : end + 1])


def _fault_points(steps: Sequence[str]) -> Iterator[FaultPoint]:
    """Yield both sides of every step.

    The first and the last step have one side only: the reply to the first names the order, and the last waits for another order.
    """
    last = len(steps) - 1
    for index, step in enumerate(steps):
        occurrence = steps[: index + 1].count(step)
        if index > 0:
            yield FaultPoint(step, occurrence, When.BEFORE)
        if index < last:
            yield FaultPoint(step, occurrence, When.AFTER)
