"""The process that simulates the callers and speech models of the measured bridges; it runs on a core of its own.

It reads one JSON command per line and answers each with one line. `python -m bench` starts it.
"""

import asyncio
import gc
import resource
import ssl
import sys
from collections.abc import Sequence

import msgspec
import uvloop

from bench.load.bridge_load import BridgeLoad, Measurements
from bench.load.simulated_caller import Ticket


class LoadPlan(msgspec.Struct, kw_only=True):
    """The command line, as JSON: the speech model of load n listens on the n-th port, with TLS if it has a certificate."""

    model_ports: list[int]
    certificates: list[str]
    think_s: float


class Command(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A command for the load with this number: one of the cases of `_obey`."""

    do: str
    load: int = 0
    url: str = ""
    pids: list[int] = []
    tickets: list[Ticket] = []
    per_s: float = 100.0
    settle_s: float = 1.0
    seconds: float = 1.0
    intervals: int = 1
    is_chatty: bool = True
    reads_all: bool = True
    kind: str = ""
    is_real: bool = True


async def _serve(plan: LoadPlan) -> None:
    """Carry out commands until the input ends."""
    loads = [BridgeLoad(think_s=plan.think_s) for _ in plan.model_ports]
    for load, port, certificate in zip(loads, plan.model_ports, plan.certificates, strict=True):
        await load.serve(port, _tls(certificate) if certificate else None)
    lines = asyncio.StreamReader(limit=1 << 24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    _say({"is_ready": True})
    while line := await lines.readline():
        command = msgspec.json.decode(line, type=Command)
        gc.collect()
        gc.disable()
        _say(await _obey(loads[command.load], command))
        gc.enable()


async def _obey(load: BridgeLoad, command: Command) -> Measurements:
    match command.do:
        case "target":
            load.target(command.url, command.pids, is_chatty=command.is_chatty, reads_all=command.reads_all)
            return {}
        case "ramp":
            return await load.ramp(command.tickets, per_s=command.per_s, settle_s=command.settle_s)
        case "measure":
            return await load.measure(command.seconds, command.intervals)
        case "turns":
            return await load.turns(seconds=command.seconds, per_s=command.per_s)
        case "clears":
            return await load.clears(seconds=command.seconds, per_s=command.per_s)
        case "short_calls":
            return await load.short_calls(command.tickets, per_s=command.per_s)
        case "trouble":
            return await load.trouble(command.tickets[0], command.kind, is_real=command.is_real)
        case "calm":
            return await load.calm()
        case "hang_up":
            return await load.hang_up()
        case other:
            raise ValueError(other)


def _tls(certificate: str) -> ssl.SSLContext:
    """Return the TLS context of a server with this certificate (and its key, in one file)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def _say(answer: Measurements) -> None:
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> None:
    """Carry out commands: `python -m bench.load.load_process PLAN`."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(msgspec.json.decode(arguments[0], type=LoadPlan)))


if __name__ == "__main__":
    main(sys.argv[1:])
