"""The delay that the bridge adds for the customer: from answer to greeting, last word to answer, key or word to silence."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.options import Options
from bench.orders import POLICY, Calls
from bench.report.medians import medians_by
from bench.report.report import Cell, Result, Table
from bench.testbed import LoadProcess, bridge_part, measure_alone, new_stack
from shared.store import connect
from tools.ports import free_port

_THINK_S = 0.3
_SPEAKERS = 50
_INTERRUPTED = 200
_WAITS = {
    "answer → first frame of the greeting": "greeting",
    "caller's last frame → first frame of the answer": "turn",
    "key → clear on the wire": "key",
    "speech_started → clear on the wire": "speech",
}

Waits = dict[str, dict[str, float]]


async def measure(options: Options) -> Result:
    """Measure `options.runs` times, and report medians."""
    runs: list[Waits] = []
    for run in range(options.runs):
        options.tell(f"turns: run {run + 1} of {options.runs}")
        runs.append(await _greetings_and_turns(options) | await _clears(options))
    found = medians_by(runs)
    rows: list[list[Cell]] = [
        [title, found[key]["p50"], found[key]["p99"], found[key]["max"], int(found[key]["count"])] for title, key in _WAITS.items()
    ]
    note = (
        f"The bridge's own share: what the model waited ({_THINK_S * 1000:.0f} ms before each answer) is taken off. Greetings with "
        "a session that was opened ahead, and every write of the call's admission on disk; turns with "
        f"{_SPEAKERS} callers who speak all the time; clears while {_INTERRUPTED} calls carry audio both ways."
    )
    return Result(
        "turns",
        [Table("The bridge's share of what a customer waits", ["wait", "p50 ms", "p99 ms", "longest ms", "count"], rows, note)],
        found,
    )


async def _greetings_and_turns(options: Options) -> Waits:
    seconds = 5.0 if options.is_quick else 15.0
    async with _testbed(is_chatty=False) as (load_process, calls):
        begun = await load_process.do("ramp", tickets=await calls.tickets(_SPEAKERS), per_s=8.0)
        found = await load_process.do("turns", seconds=seconds, per_s=50.0)
        return {"greeting": begun["greeting"], "turn": found["turn"]}


async def _clears(options: Options) -> Waits:
    seconds = 5.0 if options.is_quick else 15.0
    async with _testbed(is_chatty=True) as (load_process, calls):
        await load_process.do("ramp", tickets=await calls.tickets(_INTERRUPTED), per_s=60.0)
        found = await load_process.do("clears", seconds=seconds, per_s=100.0)
        return {"key": found["key"], "speech": found["speech"]}


@asynccontextmanager
async def _testbed(*, is_chatty: bool) -> AsyncIterator[tuple[LoadProcess, Calls]]:
    """Run one bridge with its load process for the time of a measurement."""
    stack, port = new_stack("turns"), free_port()
    async with LoadProcess(think_s=_THINK_S) as load_process:
        try:
            stack.start_valkey()
            stack.start_all((bridge_part(port, model_url=load_process.model_url(), redis_url=stack.socket_url),))
            await asyncio.sleep(1)
            measure_alone(stack, ["media_bridge"])
            url, pids = f"ws://127.0.0.1:{port}/media-stream", [stack.pid("media_bridge")]
            await load_process.do("target", url=url, pids=pids, is_chatty=is_chatty, reads_all=not is_chatty)
            store = connect(stack.socket_url, POLICY)
            try:
                yield load_process, Calls(store)
                await load_process.do("hang_up")
            finally:
                await store.close()
        finally:
            stack.stop()
