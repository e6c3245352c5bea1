"""The dialer: placements per second if Twilio takes 200 ms, their cost, their delays and punctuality, and a killed worker."""

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
from redis import Redis

from bench.dialer import recovery
from bench.dialer.fast_twilio import Arrival
from bench.options import Options
from bench.orders import POLICY, order
from bench.report.counters import cpu_ns, share_kb
from bench.report.latency import quantiles
from bench.report.medians import medians
from bench.report.report import Cell, Result, Table
from bench.testbed import SECRET, new_stack
from shared.core.confirmation import Confirmation
from shared.core.order import CallWishes
from shared.store import Store, connect
from tools.ports import free_port
from tools.stack import Part, Stack

_WORKERS = 2
_PATIENCE_S = 60.0
_IDLE_S = 5.0

Measurements = dict[str, Any]  # Any: JSON


def dialer_part(port: int, *, twilio_port: int, redis_url: str) -> Part:
    """Return our dialer, with limits so high that it never reaches them."""
    environment: Mapping[str, str] = {
        "ENV_FILE": "",
        "DIALER_BIND": f"127.0.0.1:{port}",
        "PUBLIC_URL": "http://127.0.0.1:9",
        "REDIS_URL": redis_url,
        "SIGNING_SECRET": SECRET,
        "ENCRYPTION_KEYS": "A" * 43 + "=",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "measuring",
        "TWILIO_API_URL": f"http://127.0.0.1:{twilio_port}",
        "TWILIO_FROM_NUMBERS": "+38344000001,+38344000002",
        "CALL_WINDOW": "00:00-24:00",
        "CALL_DAYS": "mon-sun",
        "CALL_HOLIDAYS": "on",
        "ALLOWED_COUNTRIES": "*",
        "CALLS_PER_SECOND": "10000",
        "MAX_CONCURRENT_CALLS": "1000000",
        "DIALER_WORKERS": str(_WORKERS),
        "DRAIN_TIMEOUT_S": "5",
        "LOG_LEVEL": "warning",
    }
    return Part("dialer_worker", (sys.executable, "-m", "services.dialer_worker"), f"http://127.0.0.1:{port}/readyz", environment)


class _Run:
    """One dialer between a store and a simulated Twilio."""

    def __init__(self, stack: Stack, store: Store, twilio_port: int) -> None:
        self.stack = stack
        self._store = store
        self._twilio = httpx.AsyncClient(base_url=f"http://127.0.0.1:{twilio_port}")
        self._number = 0
        self._seen = 0

    async def close(self) -> None:
        await self._twilio.aclose()
        await self._store.close()

    async def submit(self, count: int, *, per_s: float = 0.0, in_s: float = 0.0) -> dict[str, int]:
        """Submit orders; return, by id, the time (monotonic ns) at which each was stored, or at which it is to be called."""
        moments: dict[str, int] = {}
        began = time.monotonic()
        while len(moments) < count:
            if per_s:
                await asyncio.sleep(max(0.0, began + len(moments) / per_s - time.monotonic()))
            batch = [await self._order(in_s) for _ in range(1 if per_s else min(500, count - len(moments)))]
            await self._store.confirmations.submit_many(batch)
            now = time.monotonic_ns()
            redis_now = await self._store.now() if in_s else None
            for one in batch:
                due = one.call.not_before
                ahead = int((due - redis_now).total_seconds() * 1e9) if due is not None and redis_now is not None else 0
                moments[one.id] = (time.monotonic_ns() if in_s else now) + ahead
        return moments

    async def arrivals(self, wanted: Mapping[str, int], limit_s: float = _PATIENCE_S) -> list[Arrival]:
        """Wait until all these orders were called, or the limit is over; return the requests that came meanwhile."""
        deadline = time.monotonic() + limit_s
        first = self._seen
        found: list[Arrival] = []
        while time.monotonic() < deadline and not wanted.keys() <= {one.confirmation_id for one in found}:
            await asyncio.sleep(0.2)
            answer = await self._twilio.get("/arrivals", params={"from": first})
            found = msgspec.json.decode(answer.content, type=list[Arrival])
        self._seen = first + len(found)
        return found

    def processes(self) -> list[int]:
        """Return the dialer's processes: the parent, the front and the workers."""
        parent = self.stack.pid("dialer_worker")
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return [parent, *(int(child) for child in children)]

    async def _order(self, in_s: float) -> Confirmation:
        self._number += 1
        now = await self._store.now()
        new = order(self._number, now)
        return replace(new, call=CallWishes(not_before=now + timedelta(seconds=in_s))) if in_s else new


async def measure(options: Options) -> Result:
    """Measure `options.runs` times, and report medians."""
    runs = []
    for run in range(options.runs):
        options.tell(f"dialer: run {run + 1} of {options.runs}")
        runs.append(await _run(options))
    found = medians(runs)
    rows: list[list[Cell]] = [
        ["placements a second", found["per_s"]],
        ["CPU ms a placement, all the dialer's processes", found["cpu_ms"]],
        ["Redis commands a placement, those within scripts included", found["commands"]],
        ["order stored → request at Twilio, p50 ms", found["latency_p50"]],
        ["order stored → request at Twilio, p99 ms", found["latency_p99"]],
        ["planned time → request at Twilio, p50 ms", found["late_p50"]],
        ["planned time → request at Twilio, longest ms", found["late_max"]],
        ["longest wait of an order while a worker was killed, s", found["recovery_s"]],
        ["orders not called after that", int(found["lost"])],
        ["attempts that Twilio was asked for twice", int(found["twice"])],
        ["memory of all the dialer's processes, proportional share, MB", found["memory_mb"]],
        ["CPU ms a second while nothing is due: front", found["idle_front"]],
        ["CPU ms a second while nothing is due: workers", found["idle_workers"]],
        ["CPU ms a second while nothing is due: Redis", found["idle_redis"]],
    ]
    rows += [[f"killed: {name}; an order taken in then is called after, s", found[part]] for part, name in recovery.PARTS.items()]
    note = (
        f"{_WORKERS} workers, limits of rate and concurrency set out of the way, a Twilio that answers after 200 ms, Valkey with "
        "`appendfsync always`, all on the same cores. The latency is taken at 10 orders a second; the worker is killed (SIGKILL) "
        "while orders come at 20 a second."
    )
    return Result("dialer", [Table("Placing calls", ["", "figure"], rows, note)], found)


async def _run(options: Options) -> Measurements:
    stack = new_stack("dialer")
    try:
        stack.start_valkey()
        twilio_port = free_port()
        stack.start(Part("twilio", (sys.executable, "-m", "bench.dialer.fast_twilio", str(twilio_port))))
        stack.start_all((dialer_part(free_port(), twilio_port=twilio_port, redis_url=stack.socket_url),))
        run = _Run(stack, connect(stack.socket_url, POLICY), twilio_port)
        with Redis.from_url(stack.socket_url) as redis:
            redis.config_set("maxmemory", 0)
            try:
                return await _measured(options, run, redis)
            finally:
                await run.close()
    finally:
        stack.stop()


async def _measured(options: Options, run: _Run, redis: "Redis") -> Measurements:
    count = 200 if options.is_quick else 1000
    await run.arrivals(await run.submit(20))
    figures = await _throughput(run, redis, count)
    options.tell(f"dialer: {figures['per_s']:.0f} placements/s")
    soon = await run.submit(50 if options.is_quick else 200, per_s=10)
    waits = quantiles([one.at_ns - soon[one.confirmation_id] for one in await run.arrivals(soon)])
    options.tell(f"dialer: stored to request {waits['p50']:.0f} ms (p99 {waits['p99']:.0f})")
    planned = await run.submit(20 if options.is_quick else 100, per_s=10, in_s=5.0)
    late = quantiles([one.at_ns - planned[one.confirmation_id] for one in await run.arrivals(planned)])
    options.tell(f"dialer: planned to request {late['p50']:.0f} ms (longest {late['max']:.0f})")
    idle = await _idle(run)
    options.tell(f"dialer: {idle['memory_mb']:.0f} MB")
    return (
        figures
        | idle
        | {"latency_p50": waits["p50"], "latency_p99": waits["p99"], "late_p50": late["p50"], "late_max": late["max"]}
        | await _killed(run)
        | await recovery.waits_s(run, run.stack)
    )


async def _throughput(run: _Run, redis: "Redis", count: int) -> Measurements:
    commands, cpu = int(redis.info("stats")["total_commands_processed"]), cpu_ns(run.processes())
    wanted = await run.submit(count)
    submitted = int(redis.info("stats")["total_commands_processed"])
    found = await run.arrivals(wanted)
    commands, cpu = int(redis.info("stats")["total_commands_processed"]) - submitted, cpu_ns(run.processes()) - cpu
    at = sorted(one.at_ns for one in found)
    per_s = (len(at) - 1) / ((at[-1] - at[0]) / 1e9)
    return {"per_s": per_s, "cpu_ms": cpu / 1e6 / len(at), "commands": commands / len(at)}


async def _idle(run: _Run) -> Measurements:
    """Measure for a while during which no order is due."""
    await asyncio.sleep(2)
    _, front, *workers = run.processes()
    whose = {"idle_front": [front], "idle_workers": workers, "idle_redis": [run.stack.pid("valkey")]}
    before = {what: cpu_ns(pids) for what, pids in whose.items()}
    await asyncio.sleep(_IDLE_S)
    spent = {what: (cpu_ns(pids) - before[what]) / 1e6 / _IDLE_S for what, pids in whose.items()}
    return spent | {"memory_mb": share_kb(run.processes()) / 1024}


async def _killed(run: _Run) -> Measurements:
    """Kill a worker while orders arrive, and measure the longest wait of an order."""
    submitting = asyncio.create_task(run.submit(200, per_s=20))  # owned: awaited below
    await asyncio.sleep(4)
    os.kill(run.processes()[-1], signal.SIGKILL)
    wanted = await submitting
    found = await run.arrivals(wanted)
    waits = [one.at_ns - wanted[one.confirmation_id] for one in found if one.confirmation_id in wanted]
    attempts = Counter(one.attempt_id for one in found)
    return {
        "recovery_s": max(waits) / 1e9,
        "lost": len(wanted.keys() - {one.confirmation_id for one in found}),
        "twice": sum(times > 1 for times in attempts.values()),
    }
