"""Noisy neighbours: how much a stalled Redis or disk, or one misbehaving call, delays 50 healthy calls.

Undisturbed and disturbed turns alternate, in the same process and with the same calls. In every turn there is one call more; it
makes trouble only in the disturbed ones.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from bench.bridge.paired_comparison import compare
from bench.load.simulated_caller import Ticket
from bench.load.timestamped_audio import UNTIMED_FROM
from bench.options import Options
from bench.orders import POLICY, Calls
from bench.report.report import Cell, Result, Table
from bench.testbed import FAIR_NOTE, LoadProcess, bridge_part, fair_interval, measure_alone, new_stack
from shared.store import connect
from tools.ports import free_port
from tools.stack import Part, Stack

_HEALTHY = 50
_QUICK_PAIRS = 2
_STRETCH_S = 0.25
_REST_S = 0.5


@dataclass(frozen=True, slots=True)
class _Trouble:
    """A kind of trouble, in pairs of turns of `seconds`. `stalls` is the part of the stack stopped `run_in_s` before a turn."""

    title: str
    stalls: str = ""
    run_in_s: float = 0.0
    seconds: float = 2.0
    pairs: int = 14


_TROUBLES = {
    "none": _Trouble("none at all: how far chance goes"),
    "redis": _Trouble("Redis stalled", stalls="valkey", seconds=5.0, pairs=8),
    "disk": _Trouble("the disk of the recordings stalled", stalls="slow_disk", run_in_s=2.5),  # a pipe holds two seconds
    "deaf model": _Trouble("a session of the model stops reading"),
    "deaf caller": _Trouble("a stream of Twilio's stops reading"),
    "marks": _Trouble("a call floods marks"),
    "keys": _Trouble("a call floods keys"),
}

Point = dict[str, Any]  # Any: JSON


@dataclass(frozen=True, slots=True)
class _Turns:
    """The turns of one kind of trouble, in the order of their pairs."""

    calm: list[Point]
    troubled: list[Point]


@dataclass(frozen=True, slots=True)
class _Testbed:
    """One bridge with its calls. Recordings are on, and go into named pipes."""

    stack: Stack
    load_process: LoadProcess
    calls: Calls
    recordings: Path

    async def tickets(self, count: int) -> list[Ticket]:
        """Return tickets, each with a pipe in the place of its recording."""
        found = await self.calls.tickets(count)
        for ticket in found:
            os.mkfifo(self.recordings / f"cnf_{ticket.call:026}-1.wav")
        await asyncio.sleep(0.3)  # by then the pipes have a reader
        return found

    async def turn(self, kind: str, *, has_trouble: bool) -> Point:
        """Let all calls speak for a while, with this kind of trouble, or with only the work that precedes it."""
        (ticket,) = await self.tickets(1)
        troubled = replace(ticket, call=ticket.call + UNTIMED_FROM)
        told = await self.load_process.do("trouble", tickets=[troubled], kind=kind, is_real=has_trouble)
        point = await fair_interval(partial(self._measured, _TROUBLES[kind], has_trouble=has_trouble))
        ended = (await self.load_process.do("calm"))["ended"]
        await asyncio.sleep(_REST_S)
        return {**point, "was_ended": ended, "was_in": told["is_in"]}

    async def _measured(self, trouble: _Trouble, *, has_trouble: bool) -> Point:
        """Measure once, while a process of the stack is stopped; afterwards wait until all delayed data has been written."""
        stalled = trouble.stalls if has_trouble else ""
        with self._stopped(stalled):
            if trouble.run_in_s:
                await self.load_process.do("measure", seconds=trouble.run_in_s)
            intervals = int(trouble.seconds / _STRETCH_S)
            figures = await self.load_process.do("measure", seconds=trouble.seconds, intervals=intervals)
        if stalled:
            await asyncio.sleep(_REST_S)
        up, down = figures["up"], figures["down"]
        return {
            "is_fair": figures["is_fair"],
            "up_p99": up["p99"],
            "down_p99": down["p99"],
            "harness_late_p99": figures["harness_late"]["p99"],
            "lost": up["missing"] + down["missing"] + figures["stuck"] + figures["ended_early"] + figures["unheard"],
        }

    @contextlib.contextmanager
    def _stopped(self, part: str) -> Iterator[None]:
        if not part:
            yield
            return
        pid = self.stack.pid(part)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)


async def measure(options: Options) -> Result:
    """Measure `options.runs` times, and compare the pairs of all runs together."""
    turns = {kind: _Turns([], []) for kind in _TROUBLES}
    for run in range(options.runs):
        options.tell(f"neighbours: run {run + 1} of {options.runs}")
        await _run(options, turns)
    found = {kind: _compared(taken) for kind, taken in turns.items()}
    rows: list[list[Cell]] = [
        [
            trouble.title,
            _both(found[kind], "calm"),
            _both(found[kind], "troubled"),
            f"{found[kind]['up_ratio']:.2f} / {found[kind]['down_ratio']:.2f}",
            f"{_range(found[kind], 'up')} / {_range(found[kind], 'down')}",
            int(found[kind]["lost"]),
            "yes" if found[kind]["was_ended"] else "no",
            found[kind]["harness_late_p99"],
        ]
        for kind, trouble in _TROUBLES.items()
    ]
    columns = [
        "trouble",
        "undisturbed p99 ms",
        "disturbed p99 ms",
        "× undisturbed",
        "90 % range",
        "frames lost",
        "troubled call ended by the bridge",
        "harness late, p99 ms",
    ]
    redis, disk, other = _TROUBLES["redis"], _TROUBLES["disk"], _TROUBLES["none"]
    pairs, redis_pairs = len(turns["none"].calm), len(turns["redis"].calm)
    note = (
        f"{_HEALTHY} healthy calls that speak without a pause both ways; caller → model / model → caller; recordings on. Turns of "
        f"{other.seconds:.0f} s in intervals of {_STRETCH_S} s, undisturbed and disturbed in {pairs} pairs: medians of the turns, "
        "the pairs' ratio (Hodges-Lehmann) and the range that 90 of 100 repetitions would fall into. Redis: its process is "
        f"stopped for {redis.seconds:.0f} s, in {redis_pairs} pairs. Disk: named pipes stand in place of the recordings, their "
        f"reader is stopped {disk.run_in_s} s before the turn: by then they are full, and the kernel holds who writes. Who stops "
        "reading was sent 10 MB before the turn began, so that every buffer on the way is full; before undisturbed turns as much "
        f"is sent, and read. Floods: 5,000 frames a second, in bursts of 100. {FAIR_NOTE}"
    )
    return Result("neighbours", [Table("What healthy calls notice", columns, rows, note)], {"points": found}, plots=("neighbours",))


def _range(point: Point, way: str) -> str:
    return f"{point[f'{way}_low']:.2f}-{point[f'{way}_high']:.2f}"


def _both(point: Point, when: str) -> str:
    return f"{point[f'{when}_up']:.2f} / {point[f'{when}_down']:.2f}"


async def _run(options: Options, turns: Mapping[str, _Turns]) -> None:
    stack = new_stack("neighbours")
    recordings = stack.folder / "recordings"
    recordings.mkdir()
    async with LoadProcess() as load_process:
        try:
            stack.start_valkey()
            stack.start(Part("slow_disk", (sys.executable, "-m", "bench.bridge.slow_disk", str(recordings))))
            port = free_port()
            part = bridge_part(port, model_url=load_process.model_url(), redis_url=stack.socket_url, RECORD_CALLS=str(recordings))
            stack.start_all((part,))
            await asyncio.sleep(1)
            measure_alone(stack, ["media_bridge"])
            await load_process.do("target", url=f"ws://127.0.0.1:{port}/media-stream", pids=[stack.pid("media_bridge")])
            store = connect(stack.socket_url, POLICY)
            try:
                await _troubles(options, _Testbed(stack, load_process, Calls(store), recordings), turns)
            finally:
                await load_process.do("hang_up")
                await store.close()
        finally:
            stack.stop()


async def _troubles(options: Options, site: _Testbed, turns: Mapping[str, _Turns]) -> None:
    await site.load_process.do("ramp", tickets=await site.tickets(_HEALTHY), per_s=30.0)
    await site.turn("none", has_trouble=False)  # not counted: whatever is done for the first time takes longer
    for kind, trouble in _TROUBLES.items():
        taken = turns[kind]
        for number in range(_QUICK_PAIRS if options.is_quick else trouble.pairs):
            for has_trouble in (number % 2 == 1, number % 2 == 0):
                (taken.troubled if has_trouble else taken.calm).append(await site.turn(kind, has_trouble=has_trouble))
        found = _compared(taken)
        options.tell(f"neighbours: {trouble.title}: p99 × {found['up_ratio']:.2f} / {found['down_ratio']:.2f}")


def _compared(turns: _Turns) -> Point:
    calm, troubled = turns.calm, turns.troubled

    def of(points: list[Point], what: str, joined: Callable[[Iterator[float]], float] = median) -> float:
        return joined(point[what] for point in points)

    ways = {way: compare(*([point[f"{way}_p99"] for point in points] for points in (troubled, calm))) for way in ("up", "down")}
    return {
        "calm_up": of(calm, "up_p99"),
        "calm_down": of(calm, "down_p99"),
        "troubled_up": of(troubled, "up_p99"),
        "troubled_down": of(troubled, "down_p99"),
        **{f"{way}_ratio": found.ratio for way, found in ways.items()},
        **{f"{way}_low": found.low for way, found in ways.items()},
        **{f"{way}_high": found.high for way, found in ways.items()},
        "lost": of([*calm, *troubled], "lost", sum),
        "harness_late_p99": of([*calm, *troubled], "harness_late_p99", max),
        "was_ended": of(troubled, "was_ended", max),
        "was_in": of([*calm, *troubled], "was_in", min),
    }
