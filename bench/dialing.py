"""How fast calls are placed and how much that costs: `python -m bench.dialing [workers] [orders]`."""

import asyncio
import os
import signal
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from shared.core.confirmation import Confirmation
from tests.chaos.fake_twilio import FakeTwilio, Moods, fake_twilio
from tests.chaos.site import Site, a_site
from tests.chaos.tripwire import Blow, When, Wire, tripwire

_ANSWER_S = 0.2  # what Twilio takes for a request
_TICKS = os.sysconf("SC_CLK_TCK")
_WIDE_OPEN = {"CALLS_PER_SECOND": "1000", "MAX_CONCURRENT_CALLS": "1000", "MAX_ATTEMPTS": "1", "RECONCILE_AFTER_S": "30"}


@dataclass(slots=True)
class Watcher:
    """Hears when each customer's call is asked for; by the monotonic clock."""

    heard: dict[str, list[float]] = field(default_factory=dict)

    async def note(self, phone: str) -> None:
        """Write a request down."""
        self.heard.setdefault(phone, []).append(monotonic())

    async def all_heard(self, orders: list[Confirmation], *, times: int = 1, limit_s: float = 120) -> None:
        """Wait until each order was asked for so often."""
        until = monotonic() + limit_s
        while any(len(self.heard.get(order.customer.phone, ())) < times for order in orders):
            if monotonic() > until:
                raise TimeoutError("not every order was called")
            await asyncio.sleep(0.02)


@dataclass(slots=True)
class Run:
    """A site with one tree of workers, and who hears of the requests."""

    site: Site
    twilio: FakeTwilio
    watcher: Watcher

    def cpu_s(self) -> dict[str, float]:
        """Return the CPU seconds so far: of the workers together, the front process, and Redis."""
        front, *workers = self.site.children(self.site.dialers[0])
        return {
            "workers": sum(_cpu_s(pid) for pid in workers),
            "front": _cpu_s(front),
            "redis": _cpu_s(self.site.valkey.process.pid),
        }

    async def commands(self) -> int:
        """Return how many commands Redis has run."""
        return int((await self.site.store.client.info("stats"))["total_commands_processed"])


@asynccontextmanager
async def a_run(workers: int, **more: str) -> AsyncIterator[Run]:
    """Have everything warm: each worker has placed a call."""
    moods = Moods(answers_after_s=(_ANSWER_S, _ANSWER_S), rings_s=(0.05, 0.1))
    with tempfile.TemporaryDirectory() as folder:
        async with fake_twilio(moods, seed=1) as twilio, a_site(Path(folder), twilio, settings={**_WIDE_OPEN, **more}) as site:
            run = Run(site, twilio, Watcher())
            twilio.on_request = run.watcher.note
            await site.start_dialer(DIALER_WORKERS=str(workers))
            orders = await site.new_orders(workers * 4)
            await site.submit(orders)
            await site.come_to_rest(limit_s=60)
            yield run


async def measure_rate(workers: int, count: int) -> Iterator[str]:
    """Place many calls as fast as can be."""
    async with a_run(workers) as run:
        orders = await run.site.new_orders(count)
        cpu, commands, begun = run.cpu_s(), await run.commands(), monotonic()
        await run.site.submit(orders)
        await run.watcher.all_heard(orders)
        took_s = monotonic() - begun
        await run.site.come_to_rest(limit_s=60)
        spent = {name: (after - cpu[name]) / count * 1000 for name, after in run.cpu_s().items()}
        per_call = (await run.commands() - commands) / count
        memory = sum(_pss_kb(pid) for pid in (run.site.dialers[0].pid, *run.site.children(run.site.dialers[0]))) / 1024
    return iter(
        [
            f"{workers} workers: {count / took_s:.1f} placings/s ({count} in {took_s:.1f} s), {memory:.0f} MiB for the tree",
            "  CPU a placing: " + ", ".join(f"{name} {ms:.1f} ms" for name, ms in spent.items()),
            f"  Redis commands a placing, with its callbacks: {per_call:.0f}",
        ]
    )


async def measure_latency(workers: int, count: int) -> Iterator[str]:
    """Take orders in one by one, and see when the request for each leaves; then when the retries do."""
    async with a_run(workers, MAX_ATTEMPTS="2", RETRY_DELAYS="busy:2,no_answer:2,failed:2,undecided:2,error:2") as run:
        waits = []
        for order in await run.site.new_orders(count):
            begun = monotonic()
            await run.site.submit([order])
            await run.watcher.all_heard([order])
            waits.append(run.watcher.heard[order.customer.phone][0] - begun)
            await asyncio.sleep(0.05)
        await run.site.come_to_rest(limit_s=60)
        late = [times[1] - _planned(run, phone) for phone, times in run.watcher.heard.items() if len(times) > 1]
    return iter([f"enqueue to request: {_spread(waits)}", f"retry after its time: {_spread(late)}"])


async def measure_recovery() -> Iterator[str]:
    """Kill each part, take an order in at that moment, and see when the request for it leaves."""
    lines = []
    async with a_run(2) as run:
        for part in ("worker", "front", "keeper", "valkey"):
            (order,) = await run.site.new_orders(1)
            begun = monotonic()
            await _kill(run.site, part)
            await run.site.submit([order])
            await run.watcher.all_heard([order])
            lines.append(f"{part} killed, order taken in then: called {monotonic() - begun:.1f} s later")
            await run.site.come_to_rest(limit_s=60)
            await asyncio.sleep(6)  # so that the next death is not the second in a row
    return iter(lines)


async def _kill(site: Site, part: str) -> None:
    dialer = site.dialers[0]
    front, *workers = site.children(dialer)
    match part:
        case "valkey":
            await site.restart_valkey(away_s=0)
        case "keeper":
            await site.kill_dialer(dialer)
            await site.start_dialer(DIALER_WORKERS="2")  # as a supervisor does
        case "front":
            os.kill(front, signal.SIGKILL)
        case _:
            for worker in workers:
                os.kill(worker, signal.SIGKILL)


async def measure_lost_in_hand() -> Iterator[str]:
    """Kill a worker that has an order in hand and has not begun to call; see when the order is called."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        async with fake_twilio(Moods(), seed=1) as twilio, a_site(Path(folder), twilio, settings=_WIDE_OPEN) as site:
            watcher = Watcher()
            twilio.on_request = watcher.note
            async with tripwire(Path(folder) / "valkey.sock", Path(folder) / "trip.sock", Blow.KILL) as wire:
                way = {"REDIS_URL": f"unix://{folder}/trip.sock?db=0", "DIALER_CALLS_AT_ONCE": "1"}
                await site.start_dialer(DIALER_WORKERS="2", **way)
                await site.submit(await site.new_orders(8))
                await site.come_to_rest(limit_s=60)
                (order,) = await site.new_orders(1)
                wire.wires[order.id] = Wire("commit", 1, When.BEFORE)
                begun = monotonic()
                await site.submit([order])
                await watcher.all_heard([order])
                lines.append(f"worker killed before its intent: called {monotonic() - begun:.1f} s later")
                await site.come_to_rest(limit_s=60)
                await site.end_dialers()
    return iter(lines)


def _planned(run: Run, phone: str) -> float:
    """Return when the retry was due: two seconds after the end of the first call."""
    first = next(call for call in run.twilio.all_calls() if call.to == phone)
    return (first.ended_at or 0.0) + 2.0


def _spread(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    named = {"p50": statistics.median(ordered), "p99": p99, "worst": ordered[-1]}
    return ", ".join(f"{name} {value * 1000:.0f} ms" for name, value in named.items()) + f" (n={len(ordered)})"


def _cpu_s(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / _TICKS


def _pss_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


async def main(workers: int, count: int) -> None:
    """Measure and print."""
    print("\n".join(await measure_rate(workers, count)))
    print("\n".join(await measure_latency(workers, min(count, 100))))
    print("\n".join(await measure_recovery()))
    print("\n".join(await measure_lost_in_hand()))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2, int(sys.argv[2]) if len(sys.argv) > 2 else 300))
