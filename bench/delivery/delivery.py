"""Outcomes: the time from the request for a change of state until its event has reached a subscriber in another process."""

import asyncio
import subprocess
import sys
import time

import msgspec

from bench.options import Options
from bench.orders import POLICY, SHOP, order
from bench.report.latency import quantiles
from bench.report.medians import medians_by
from bench.report.report import Cell, Result, Table
from bench.testbed import new_stack
from shared.core.lifecycle.facts import Withdrawn
from shared.store import Store, connect
from tools.stack import PROJECT

_PER_S = 100

Measurements = dict[str, dict[str, float]]


async def measure(options: Options) -> Result:
    """Measure `options.runs` times, and report medians."""
    runs = []
    for run in range(options.runs):
        options.tell(f"delivery: run {run + 1} of {options.runs}")
        runs.append(await _run(200 if options.is_quick else 2000))
    found = medians_by(runs)
    rows: list[list[Cell]] = [
        [way, figures["p50"], figures["p99"], figures["max"], int(figures["count"])] for way, figures in found.items()
    ]
    note = (
        "From before the store is asked for the change (reading the record, one script, on disk by `appendfsync always`) to the "
        f"event, parsed, in another process; {_PER_S} changes a second."
    )
    return Result(
        "delivery",
        [Table("Change of state to a subscriber's receipt", ["way", "p50 ms", "p99 ms", "longest ms", "events"], rows, note)],
        found,
    )


async def _run(count: int) -> Measurements:
    stack = new_stack("delivery")
    try:
        stack.start_valkey()
        store = connect(stack.socket_url, POLICY)
        try:
            return await _measured(store, stack.socket_url, count)
        finally:
            await store.close()
    finally:
        stack.stop()


async def _measured(store: Store, redis_url: str, count: int) -> Measurements:
    command = (sys.executable, "-m", "bench.delivery.subscriber", redis_url, SHOP)
    crm = await asyncio.create_subprocess_exec(*command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=1 << 24)
    now = await store.now()
    orders = [order(number, now) for number in range(1, count + 1)]
    for start in range(0, count, 500):
        await store.confirmations.submit_many(orders[start : start + 500])
    await asyncio.sleep(1)
    asked: dict[str, int] = {}
    began = time.monotonic()
    for number, one in enumerate(orders):
        await asyncio.sleep(max(0.0, began + number / _PER_S - time.monotonic()))
        asked[one.id] = time.monotonic_ns()
        await store.confirmations.apply(one.id, Withdrawn)
    await asyncio.sleep(0.5)
    told, _ = await crm.communicate(b"\n")
    heard = msgspec.json.decode(told, type=dict[str, dict[str, int]])
    return {way: quantiles([at - asked[subject] for subject, at in by_subject.items()]) for way, by_subject in heard.items()}
