"""The bridge over many short calls: memory, open files and open work must be the same after 10,000 calls as after 1,000."""

import asyncio

import httpx

from bench.options import Options
from bench.orders import POLICY, Calls
from bench.report.counters import open_files, rss_kb
from bench.report.medians import medians
from bench.report.report import Result, Table
from bench.testbed import LoadProcess, bridge_part, measure_alone, new_stack
from shared.store import connect
from tools.ports import free_port
from tools.stack import Stack

_BATCH = 100
_PER_S = 150.0
_BATCHES, _QUICK_BATCHES = 100, 6
_LOOKS = 10  # the number of readings, evenly spread
_REST_S = 10.0

Point = dict[str, float]


async def measure(options: Options) -> Result:
    """Measure `options.runs` times, and report medians."""
    runs: list[list[Point]] = []
    for run in range(options.runs):
        options.tell(f"soak: run {run + 1} of {options.runs}")
        runs.append(await _run(options))
    points = [medians(points) for points in zip(*runs, strict=True)]
    first, last = next(point for point in points if point["calls"] >= points[-1]["calls"] / 10), points[-1]
    rows = [
        [int(point["calls"]), point["rss_kb"] / 1024, int(point["files"]), int(point["work"]), int(point["lost"])]
        for point in points
    ]
    title = f"Memory from {first['calls']:.0f} to {last['calls']:.0f} calls: {last['rss_kb'] / first['rss_kb'] - 1:+.1%}"
    note = (
        f"One bridge process, recording off; {_BATCH} calls at once in each batch, {_PER_S:.0f} begun a second, each with sound "
        "both ways, a key in every other one, and hung up by the customer. Counted while no call runs."
    )
    columns = ["calls so far", "resident MB", "open files", "calls and writes in hand", "calls that failed"]
    growth = {"growth": last["rss_kb"] / first["rss_kb"] - 1, "files_more": last["files"] - first["files"]}
    return Result("soak", [Table(title, columns, rows, note)], {"points": points, **growth}, plots=("soak",))


async def _run(options: Options) -> list[Point]:
    stack = new_stack("soak")
    async with LoadProcess() as load_process:
        try:
            stack.start_valkey()
            port = free_port()
            stack.start_all((bridge_part(port, model_url=load_process.model_url(), redis_url=stack.socket_url),))
            await asyncio.sleep(1)
            measure_alone(stack, ["media_bridge"])
            await load_process.do("target", url=f"ws://127.0.0.1:{port}/media-stream", pids=[stack.pid("media_bridge")])
            store = connect(stack.socket_url, POLICY)
            try:
                return await _batches(options, load_process, stack=stack, port=port, calls=Calls(store))
            finally:
                await store.close()
        finally:
            stack.stop()


async def _batches(options: Options, load_process: LoadProcess, *, stack: Stack, port: int, calls: Calls) -> list[Point]:
    count = _QUICK_BATCHES if options.is_quick else _BATCHES
    looks = {round((look + 1) * count / _LOOKS) for look in range(_LOOKS)} | {max(1, count // 10)}
    points: list[Point] = []
    lost = 0
    tickets = await calls.tickets(_BATCH)
    for batch in range(1, count + 1):
        async with asyncio.TaskGroup() as tasks:
            playing = tasks.create_task(load_process.do("short_calls", tickets=tickets, per_s=_PER_S))
            writing = tasks.create_task(calls.tickets(_BATCH if batch < count else 0))
        told, tickets = playing.result(), writing.result()
        lost += told["unheard"] + told["ended_early"]
        if batch in looks:
            points.append({"calls": batch * _BATCH, "lost": lost, **await _look(stack.pid("media_bridge"), port)})
            options.tell(f"soak: {batch * _BATCH} calls, {points[-1]['rss_kb'] / 1024:.1f} MB")
    return points


async def _look(pid: int, port: int) -> Point:
    """Wait until no work is open, then read the figures."""
    work = 0.0
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(int(_REST_S / 0.1)):
            work = _figure((await client.get("/metrics")).text, "bridge_work_in_hand")
            if not work:
                break
            await asyncio.sleep(0.1)
    await asyncio.sleep(0.2)  # by then the connection of this request is closed
    return {"rss_kb": rss_kb([pid]), "files": open_files(pid), "work": work}


def _figure(metrics: str, name: str) -> float:
    found: str = next((line for line in metrics.splitlines() if line.startswith(f"{name} ")), f"{name} nan")
    return float(found.rpartition(" ")[2])
