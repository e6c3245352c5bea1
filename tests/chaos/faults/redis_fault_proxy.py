"""A way to Redis on which a process is struck at a named step: before Redis gets it, or when it is done and not yet told.

A worker waits for Redis or for Twilio at every `await` of a placing, so the steps it takes to Redis, and Twilio's side of the
request, are all the places where it can die. Nothing in the product knows of this.
"""

import asyncio
import os
import re
import signal
import socket
import struct
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from shared.store.redis.scripts import Script, digest_of

_ORDER = re.compile(rb"cnf_[0-9]{26}")
_JOB = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SCRIPTS = {digest_of(script): script.value for script in Script}
_PEER = struct.Struct("3i")  # pid, uid, gid
CAN_TELL_PEERS = hasattr(socket, "SO_PEERCRED")


class When(Enum):
    """On which side of a step."""

    BEFORE = "before"  # Redis never gets the command
    AFTER = "after"  # Redis has done it, and the process has not heard


@dataclass(frozen=True, slots=True)
class Wire:
    """A fault point: the `occurrence`-th time that a process takes `step` for an order."""

    step: str
    occurrence: int
    when: When

    def __str__(self) -> str:
        """Return its name."""
        return f"{self.when.value} {self.step}" + (f" #{self.occurrence}" if self.occurrence > 1 else "")


class Blow(Enum):
    """What is done to a process that touches a wire."""

    KILL = "kill"
    FREEZE = "freeze"  # it goes on `FROZEN_S` later, as if nothing had been


_STOPS_WITHIN_S = 3.0
FROZEN_S = 5.0  # longer than until the order is called anew, shorter than the store waits for Redis (6 s)


@dataclass(slots=True)
class Journey:
    """What one process did for one order, from the moment it heard of it."""

    order_id: str
    steps: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Tripwire:
    """The way. `wires` holds for an order where to strike, once; `struck` who was struck, and by which wire."""

    upstream: Path
    blow: Blow
    wires: dict[str, Wire] = field(default_factory=dict)
    struck: dict[str, Wire] = field(default_factory=dict)
    told: dict[str, list[Journey]] = field(default_factory=lambda: defaultdict(list))
    _journeys: dict[int, Journey] = field(default_factory=dict)  # by process, the present one
    _open: int = 0
    _jobs: dict[bytes, str] = field(default_factory=dict)  # RQ's ids of jobs, and their orders

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        server, upstream = await asyncio.open_unix_connection(str(self.upstream))
        line = _Line(_peer(writer))
        self._open += 1
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._ask(line, reader, upstream))
                group.create_task(self._reply(line, server, writer))
        except* OSError:
            pass
        finally:
            for end in (writer, upstream):
                end.transport.abort()
            self._open -= 1

    async def all_gone(self) -> None:
        """Wait until every process has let go."""
        while self._open:
            await asyncio.sleep(0.01)

    def pid_of(self, order_id: str) -> int | None:
        """Return the process that works on the order now."""
        return next((pid for pid, journey in self._journeys.items() if journey.order_id == order_id), None)

    async def _ask(self, line: "_Line", reader: asyncio.StreamReader, upstream: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(1 << 20):
            self._note(line, chunk)
            if self._touches(line, When.BEFORE) and self._strike(line):
                break
            upstream.write(chunk)
            await upstream.drain()
        upstream.transport.abort()

    async def _reply(self, line: "_Line", server: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await server.read(1 << 20):
            self._hear(line, chunk)
            if self._touches(line, When.AFTER) and self._strike(line):
                break
            writer.write(chunk)
            await writer.drain()
        writer.transport.abort()

    def _note(self, line: "_Line", chunk: bytes) -> None:
        """Write down the step that a process takes."""
        if not chunk.startswith(b"*"):
            return
        order_id, job = self._order_in(chunk), _JOB.search(chunk)
        if order_id is not None and job is not None:
            self._jobs[job[0]] = order_id
        self._set_out(line.pid, order_id)
        journey = self._journeys.get(line.pid)
        line.step = "+".join(_names(chunk))
        if journey is not None:
            journey.steps.append(line.step)

    def _hear(self, line: "_Line", chunk: bytes) -> None:
        """Learn from a reply which order the process works on from now on; the step that told it belongs to that order."""
        if self._set_out(line.pid, self._order_in(chunk)):
            self._journeys[line.pid].steps.append(line.step)

    def _set_out(self, pid: int, order_id: str | None) -> bool:
        known = self._journeys.get(pid)
        if order_id is None or (known is not None and known.order_id == order_id):
            return False
        self._journeys[pid] = Journey(order_id)
        self.told[order_id].append(self._journeys[pid])
        return True

    def _order_in(self, chunk: bytes) -> str | None:
        found = _ORDER.search(chunk)
        if found is not None:
            return found[0].decode()
        return next((self._jobs[job] for job in _JOB.findall(chunk) if job in self._jobs), None)

    def _touches(self, line: "_Line", when: When) -> bool:
        journey = self._journeys.get(line.pid)
        wire = None if journey is None else self.wires.get(journey.order_id)
        if journey is None or wire is None or wire.when is not when or wire.step != line.step:
            return False
        return journey.steps.count(line.step) == wire.occurrence

    def _strike(self, line: "_Line") -> bool:
        """Strike; tell whether the connection is gone with the process."""
        journey = self._journeys.pop(line.pid)
        self.struck[journey.order_id] = self.wires.pop(journey.order_id)
        with suppress(ProcessLookupError):
            os.kill(line.pid, signal.SIGKILL if self.blow is Blow.KILL else signal.SIGSTOP)
        if self.blow is Blow.FREEZE:
            _until_stopped(line.pid)
            asyncio.get_running_loop().call_later(FROZEN_S, _go_on, line.pid)
        return self.blow is Blow.KILL


@dataclass(slots=True)
class _Line:
    """A connection: whose it is, and the step taken on it last."""

    pid: int
    step: str = ""


def _until_stopped(pid: int) -> None:
    """Wait until each thread stands still: only the one that takes the signal does so at once; the others would hear the reply."""
    until = time.monotonic() + _STOPS_WITHIN_S
    while any(_state(task) != "T" for task in Path(f"/proc/{pid}/task").iterdir()):
        if time.monotonic() > until:
            raise TimeoutError(f"process {pid} does not stop")
        time.sleep(0.001)  # nobody else may go on meanwhile, the reply above all


def _state(task: Path) -> str:
    """Return the letter by which Linux tells a thread's state (proc_pid_stat(5))."""
    return (task / "stat").read_text().rpartition(")")[2].split()[0]


def _go_on(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def _peer(writer: asyncio.StreamWriter) -> int:
    peer = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    pid: int = _PEER.unpack(peer)[0]
    return pid


def _names(chunk: bytes) -> Iterator[str]:
    """Yield the name of each command in what a client sent: the command and the kind of its first key, or the script."""
    position = 0
    while position < len(chunk) and chunk[position : position + 1] == b"*":
        count, position = _number(chunk, position)
        words = []
        for _ in range(count):
            length, position = _number(chunk, position)
            words.append(chunk[position : position + length])
            position += length + 2
        yield _name(words)


def _number(chunk: bytes, position: int) -> tuple[int, int]:
    end = chunk.find(b"\r\n", position)
    return (int(chunk[position + 1 : end]), end + 2) if end > 0 else (0, len(chunk))


def _name(words: list[bytes]) -> str:
    command, key = words[0].decode(), words[1].decode("latin-1") if len(words) > 1 else ""
    if command in {"EVALSHA", "EVAL"}:
        return _SCRIPTS.get(key, "script")
    kind = ":".join(part for part in key.split(":")[:3] if not re.search(r"[0-9a-f-]{20}|[0-9A-Z]{20}|^\d+$", part))
    return f"{command} {kind}".strip()


@asynccontextmanager
async def tripwire(upstream: Path, path: Path, blow: Blow) -> AsyncIterator[Tripwire]:
    """Run the way from `path` to `upstream`, both unix sockets."""
    wire = Tripwire(upstream, blow)
    server = await asyncio.start_unix_server(wire.serve, str(path))
    try:
        yield wire
        await wire.all_gone()
    finally:
        server.close()
