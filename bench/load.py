"""The process that plays both far ends of bridges: callers and speech models, on a core of its own.

It reads one JSON command a line and answers each with one line. `python -m bench` starts it; nobody else needs to.
"""

import asyncio
import gc
import resource
import sys
from collections.abc import Sequence

import msgspec
import uvloop

from bench.caller_end import Ticket
from bench.lane import Figures, Lane


class Command(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What `lane` (its number) is to do: `target`, `ramp`, `measure`, `turns`, `clears` or `hang_up`."""

    do: str
    lane: int = 0
    url: str = ""
    pids: list[int] = []
    tickets: list[Ticket] = []
    per_s: float = 100.0
    settle_s: float = 1.0
    seconds: float = 1.0
    mark_delay_s: float = 0.0
    is_loud: bool = True


async def _serve(model_ports: Sequence[int], think_s: float) -> None:
    """Obey until the input ends; lane n's speech model listens at the n-th port."""
    lanes = [Lane(think_s=think_s) for _ in model_ports]
    for lane, port in zip(lanes, model_ports, strict=True):
        await lane.serve(port)
    lines = asyncio.StreamReader(limit=1 << 24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    _say({"is_ready": True})
    while line := await lines.readline():
        command = msgspec.json.decode(line, type=Command)
        _say(await _obey(lanes[command.lane], command))


async def _obey(lane: Lane, command: Command) -> Figures:
    gc.collect()
    gc.disable()
    try:
        match command.do:
            case "target":
                lane.target(command.url, command.pids, command.mark_delay_s)
                return {}
            case "ramp":
                return await lane.ramp(command.tickets, per_s=command.per_s, settle_s=command.settle_s, is_loud=command.is_loud)
            case "measure":
                return await lane.measure(command.seconds)
            case "turns":
                return await lane.turns(seconds=command.seconds, per_s=command.per_s)
            case "clears":
                return await lane.clears(seconds=command.seconds, per_s=command.per_s)
            case "hang_up":
                return await lane.hang_up()
            case other:
                raise ValueError(other)
    finally:
        gc.enable()


def _say(answer: Figures) -> None:
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> None:
    """Serve commands: `python -m bench.load THINK_S MODEL_PORT...`."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve([int(port) for port in arguments[1:]], float(arguments[0])))


if __name__ == "__main__":
    main(sys.argv[1:])
