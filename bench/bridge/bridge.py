"""The bridge: cost, latency and capacity by the number of calls, compared with bare relays on the same core in the same run.

All systems run at the same time with the same number of calls. They are measured in alternating turns of half a second, so the
ratios between them do not depend on the machine's speed, which changes from minute to minute.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from bench.options import Options
from bench.orders import POLICY, Calls
from bench.report.counters import has_two_cores, rss_kb
from bench.report.report import Result, Table
from bench.testbed import FAIR_NOTE, LoadProcess, bridge_part, certificate, fair_interval, measure_alone, new_stack, relay_part
from shared.store import connect
from tools.ports import free_port
from tools.stack import Part, Stack

PEERS = Path(__file__).parents[1] / "peers"
_LATE_MS = 20.0
_COUNTS = (10, 50, 100, 200, 400, 450, 500, 600, 700)
_QUICK_COUNTS = (10, 50, 200)

Point = dict[str, Any]  # Any: JSON


@dataclass(slots=True)
class System:
    """One measured system. `idle_kb` is its memory before the first call."""

    name: str
    part: Part
    url: str
    load: int
    idle_kb: int = 0
    is_over: bool = False


async def measure(options: Options) -> Result:
    """Measure `options.runs` times, and report medians."""
    runs: list[dict[str, dict[int, Point]]] = []
    for run in range(options.runs):
        options.tell(f"bridge: run {run + 1} of {options.runs}")
        runs.append(await _run(options))
    points = {
        name: {calls: _median([run[name][calls] for run in runs if calls in run[name]]) for calls in _COUNTS if calls in counts}
        for name, counts in ((name, {calls for run in runs for calls in run[name]}) for name in runs[0])
    }
    most = {name: _most([run[name] for run in runs]) for name in points}
    return Result("bridge", _tables(points, most), {"points": points, "most": most}, plots=("bridge_cost", "bridge_latency"))


def _most(runs: Sequence[dict[int, Point]]) -> int:
    """Return the highest number of calls that a system carried without loss while it kept up: the median of the runs."""
    return int(
        median(max((calls for calls, point in run.items() if point["keeps_up"] and not point["lost"]), default=0) for run in runs)
    )


async def _run(options: Options) -> dict[str, dict[int, Point]]:
    stack = new_stack("bridge")
    pem = certificate(stack.folder)
    certificates = ["", *([pem] if pem else []), "", "", *("" for _ in _peers())]
    async with LoadProcess(certificates=certificates) as load_process:
        try:
            stack.start_valkey()
            systems = _systems(load_process, stack, pem)
            stack.start_all(tuple(system.part for system in systems))
            await asyncio.sleep(1)
            measure_alone(stack, [system.part.name for system in systems])
            store = connect(stack.socket_url, POLICY)
            try:
                return await _climb(options, load_process, stack=stack, systems=systems, calls=Calls(store))
            finally:
                for system in systems:
                    await load_process.do("hang_up", system.load)
                await store.close()
        finally:
            stack.stop()


def _systems(load_process: LoadProcess, stack: Stack, pem: str | None) -> list[System]:
    found: list[System] = []

    def add(name: str, part: Part, port: int) -> None:
        found.append(System(name, part, f"ws://127.0.0.1:{port}/media-stream", len(found)))

    port = free_port()
    add("bridge", bridge_part(port, model_url=load_process.model_url(0), redis_url=stack.socket_url), port)
    if pem:
        port = free_port()
        part = bridge_part(port, model_url=load_process.model_url(1), redis_url=stack.socket_url, SSL_CERT_FILE=f"{pem}.crt")
        add("bridge, TLS to the model", replace(part, name="media_bridge_tls"), port)
    for module in ("relay_picows", "relay_websockets"):
        port = free_port()
        add(
            module.replace("_", " on "),
            relay_part(f"bench.bridge.{module}", port, model_url=load_process.model_url(len(found))),
            port,
        )
    for start in _peers():
        port = free_port()
        environment = {"PORT": str(port), "OPENAI_REALTIME_URL": load_process.model_url(len(found))}
        add(start.parent.name, Part(start.parent.name, ("bash", str(start)), env=environment), port)
    return found


def _peers() -> list[Path]:
    """Return the start scripts of the peers that a user has added: `bench/peers/NAME/start.sh` (bench/README.md)."""
    return sorted(PEERS.glob("*/start.sh"))


async def _climb(
    options: Options, load_process: LoadProcess, *, stack: Stack, systems: list[System], calls: Calls
) -> dict[str, dict[int, Point]]:
    """Add calls to all systems, measure all, and continue with those that still keep up."""
    points: dict[str, dict[int, Point]] = {system.name: {} for system in systems}
    for system in systems:
        pids = [stack.pid(system.part.name)]
        system.idle_kb = rss_kb(pids)
        await load_process.do("target", system.load, url=system.url, pids=pids, reads_all=False)
    have = 0
    for count in _QUICK_COUNTS if options.is_quick else _COUNTS:
        running = [system for system in systems if not system.is_over]
        if not running:
            break
        for system in running:
            await load_process.do("ramp", system.load, tickets=await calls.tickets(count - have), per_s=60.0)
        have = count
        for system, point in zip(running, await _slices(load_process, running, count), strict=True):
            point["kb_a_call"] = (point["rss_kb"] - system.idle_kb) / count
            points[system.name][count] = point
            options.tell(f"bridge: {count:3} calls, {system.name}: {_told(point)}")
            if not point["keeps_up"]:
                system.is_over = True
                await load_process.do("hang_up", system.load)
    return points


async def _slices(load_process: LoadProcess, systems: Sequence[System], count: int) -> list[Point]:
    """Measure the systems in short alternating turns."""
    seconds, rounds = (0.5, 16) if count <= 100 else (1.0, 5)
    found: list[list[Point]] = [[] for _ in systems]
    for _ in range(rounds):
        for system, points in zip(systems, found, strict=True):
            points.append(await fair_interval(partial(_turn, load_process, system, seconds)))
    return [_median(points) for points in found]


async def _turn(load_process: LoadProcess, system: System, seconds: float) -> Point:
    figures = await load_process.do("measure", system.load, seconds=seconds)
    up, down = figures["up"], figures["down"]
    lost = up["missing"] + down["missing"] + figures["stuck"] + figures["ended_early"] + figures["unheard"]
    return {
        "is_fair": figures["is_fair"],
        "cpu_ms": figures["cpu_ms"],
        "core": figures["core"],
        "up_p50": up["p50"],
        "up_p99": up["p99"],
        "down_p50": down["p50"],
        "down_p99": down["p99"],
        "lost": lost,
        "rss_kb": figures["rss_kb"],
        "harness_core": figures["harness_core"],
        "harness_late_p99": figures["harness_late"]["p99"],
        "keeps_up": not lost and max(up["p99"], down["p99"]) < _LATE_MS,
    }


def _median(points: Sequence[Point]) -> Point:
    """Return the median of each figure; losses are added up, and the majority must keep up."""
    joint: Point = {key: median([point[key] for point in points]) for key in points[0]}
    joint["repeated"] = sum(point["repeated"] for point in points)
    joint["lost"] = sum(point["lost"] for point in points)
    joint["keeps_up"] = sum(point["keeps_up"] for point in points) * 2 > len(points)
    return joint


def _told(point: Point) -> str:
    return (
        f"{point['cpu_ms']:.2f} ms CPU a call-second, p99 {point['up_p99']:.2f}/{point['down_p99']:.2f} ms, "
        f"{point['core']:.0%} of the core, lost {point['lost']:.0f}, harness {point['harness_core']:.0%}"
    )


def _tables(points: dict[str, dict[int, Point]], most: dict[str, int]) -> list[Table]:
    floor = points["relay on picows"]
    summary, course = [], []
    for name, found in points.items():
        at = found.get(50, next(iter(found.values())))
        latest = found.get(most[name], at)
        told = f"{'≥ ' if most[name] == max(found) else ''}{most[name]}"
        up, down = f"{at['up_p50']:.2f} / {at['up_p99']:.2f}", f"{at['down_p50']:.2f} / {at['down_p99']:.2f}"
        ratio = at["cpu_ms"] / floor[50]["cpu_ms"]
        summary.append([name, told, at["cpu_ms"], f"{ratio:.2f}", up, down, latest["kb_a_call"]])
        course += [
            [name, count, point["cpu_ms"], point["up_p99"], point["down_p99"], f"{point['core']:.0%}", point["lost"]]
            for count, point in found.items()
        ]
    pinned = "one core for each side" if has_two_cores() else "both sides on one core: capacity means little"
    return [
        Table(
            "At 50 calls, and the most calls",
            [
                "system",
                "most calls at p99 < 20 ms, nothing lost",
                "CPU ms a call-second",
                "× relay on picows",
                "caller → model p50 / p99 ms",
                "model → caller p50 / p99 ms",
                "KB a call",
            ],
            summary,
            f"Speech without a pause both ways in 20 ms frames, the worst case; {pinned}, turns of 0.5 to 1 s. {FAIR_NOTE}",
        ),
        Table(
            "Over the number of calls",
            ["system", "calls", "CPU ms a call-second", "up p99 ms", "down p99 ms", "core", "lost"],
            course,
        ),
    ]
