"""A proxy to Redis that kills or freezes a process at a named step: before Redis gets the command, or before its reply.

A worker waits for Redis or for Twilio at every `await` of a placing. Its commands to Redis and Twilio's side of the request are
therefore all the points at which it can die. The product does not know of this proxy.
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
_SCRIPTS = {digest_of(script): script.value.rpartition("/")[2] for script in Script}
_PEER = struct.Struct("3i")  # pid, uid, gid
CAN_TELL_PEERS = hasattr(socket, "SO_PEERCRED")


class When(Enum):
    """The side of a step."""

    BEFORE = "before"  # Redis never gets the command
    AFTER = "after"  # Redis has run it, and the process has not got the reply


@dataclass(frozen=True, slots=True)
class FaultPoint:
    """A fault point: the `occurrence`-th time that a process takes `step` for an order."""

    step: str
    occurrence: int
    when: When

    def __str__(self) -> str:
        """Return its name."""
        return f"{self.when.value} {self.step}" + (f" #{self.occurrence}" if self.occurrence > 1 else "")


class FaultKind(Enum):
    """The fault of a process that reaches a fault point."""

    KILL = "kill"
    FREEZE = "freeze"  # it continues after `FROZEN_S`


_STOPS_WITHIN_S = 3.0
FROZEN_S = 5.0  # longer than until the order is called again, shorter than the store waits for Redis (6 s)


@dataclass(slots=True)
class OrderSteps:
    """The steps of one process for one order, from the first reply or command that named the order."""

    order_id: str
    steps: list[str] = field(default_factory=list)


@dataclass(slots=True)
class RedisFaultProxy:
    """The proxy. Per order, `fault_points` holds where a fault strikes once, and `struck` where one has struck."""

    upstream: Path
    fault: FaultKind
    fault_points: dict[str, FaultPoint] = field(default_factory=dict)
    struck: dict[str, FaultPoint] = field(default_factory=dict)
    steps_by_order: dict[str, list[OrderSteps]] = field(default_factory=lambda: defaultdict(list))
    _current_steps: dict[int, OrderSteps] = field(default_factory=dict)  # by process: its present steps
    _open: int = 0
    _jobs: dict[bytes, str] = field(default_factory=dict)  # RQ's job ids, and their orders

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        server, upstream = await asyncio.open_unix_connection(str(self.upstream))
        connection = _Connection(_peer(writer))
        self._open += 1
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._ask(connection, reader, upstream))
                group.create_task(self._reply(connection, server, writer))
        except* OSError:
            pass
        finally:
            for end in (writer, upstream):
                end.transport.abort()
            self._open -= 1

    async def all_gone(self) -> None:
        """Wait until every connection is closed."""
        while self._open:
            await asyncio.sleep(0.01)

    def pid_of(self, order_id: str) -> int | None:
        """Return the process that works on the order now, if there is one."""
        return next((pid for pid, order_steps in self._current_steps.items() if order_steps.order_id == order_id), None)

    async def _ask(self, connection: "_Connection", reader: asyncio.StreamReader, upstream: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(1 << 20):
            self._note(connection, chunk)
            if self._touches(connection, When.BEFORE) and self._strike(connection):
                break
            upstream.write(chunk)
            await upstream.drain()
        upstream.transport.abort()

    async def _reply(self, connection: "_Connection", server: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await server.read(1 << 20):
            self._hear(connection, chunk)
            if self._touches(connection, When.AFTER) and self._strike(connection):
                break
            writer.write(chunk)
            await writer.drain()
        writer.transport.abort()

    def _note(self, connection: "_Connection", chunk: bytes) -> None:
        """Record the step that a process takes."""
        if not chunk.startswith(b"*"):
            return
        order_id, job = self._order_in(chunk), _JOB.search(chunk)
        if order_id is not None and job is not None:
            self._jobs[job[0]] = order_id
        self._set_out(connection.pid, order_id)
        order_steps = self._current_steps.get(connection.pid)
        connection.step = "+".join(_names(chunk))
        if order_steps is not None:
            order_steps.steps.append(connection.step)

    def _hear(self, connection: "_Connection", chunk: bytes) -> None:
        """Find in a reply the order that the process works on from now on; the step that returned it belongs to that order."""
        if self._set_out(connection.pid, self._order_in(chunk)):
            self._current_steps[connection.pid].steps.append(connection.step)

    def _set_out(self, pid: int, order_id: str | None) -> bool:
        known = self._current_steps.get(pid)
        if order_id is None or (known is not None and known.order_id == order_id):
            return False
        self._current_steps[pid] = OrderSteps(order_id)
        self.steps_by_order[order_id].append(self._current_steps[pid])
        return True

    def _order_in(self, chunk: bytes) -> str | None:
        found = _ORDER.search(chunk)
        if found is not None:
            return found[0].decode()
        return next((self._jobs[job] for job in _JOB.findall(chunk) if job in self._jobs), None)

    def _touches(self, connection: "_Connection", when: When) -> bool:
        order_steps = self._current_steps.get(connection.pid)
        fault_point = None if order_steps is None else self.fault_points.get(order_steps.order_id)
        if order_steps is None or fault_point is None or fault_point.when is not when or fault_point.step != connection.step:
            return False
        return order_steps.steps.count(connection.step) == fault_point.occurrence

    def _strike(self, connection: "_Connection") -> bool:
        """Kill or freeze the process; return whether its connection is gone."""
        order_steps = self._current_steps.pop(connection.pid)
        self.struck[order_steps.order_id] = self.fault_points.pop(order_steps.order_id)
        with suppress(ProcessLookupError):
            os.kill(connection.pid, signal.SIGKILL if self.fault is FaultKind.KILL else signal.SIGSTOP)
        if self.fault is FaultKind.FREEZE:
            _until_stopped(connection.pid)
            asyncio.get_running_loop().call_later(FROZEN_S, _go_on, connection.pid)
        return self.fault is FaultKind.KILL


@dataclass(slots=True)
class _Connection:
    """A connection: the process it belongs to, and the last step on it."""

    pid: int
    step: str = ""


def _until_stopped(pid: int) -> None:
    """Wait until every thread has stopped: only the one that takes the signal stops at once; others might still get the reply."""
    until = time.monotonic() + _STOPS_WITHIN_S
    while any(_state(task) != "T" for task in Path(f"/proc/{pid}/task").iterdir()):
        if time.monotonic() > until:
            raise TimeoutError(f"process {pid} does not stop")
        time.sleep(0.001)  # no other task may run meanwhile, least of all the one with the reply


def _state(task: Path) -> str:
    """Return the letter that is Linux's code for a thread's state (proc_pid_stat(5))."""
    return (task / "stat").read_text().rpartition(")")[2].split()[0]


def _go_on(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def _peer(writer: asyncio.StreamWriter) -> int:
    peer = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    pid: int = _PEER.unpack(peer)[0]
    return pid


def _names(chunk: bytes) -> Iterator[str]:
    """Yield the name of each command in a client's data: the command and the kind of its first key, or the script."""
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
async def redis_fault_proxy(upstream: Path, path: Path, fault: FaultKind) -> AsyncIterator[RedisFaultProxy]:
    """Run the proxy from `path` to `upstream`, which are both unix sockets."""
    proxy = RedisFaultProxy(upstream, fault)
    server = await asyncio.start_unix_server(proxy.serve, str(path))
    try:
        yield proxy
        await proxy.all_gone()
    finally:
        server.close()
