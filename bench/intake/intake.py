"""The intake: orders per second, time per order and memory per order in Redis, compared with a bare peer on the same server."""

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from statistics import median
from typing import Any

import msgspec
from redis import Redis

from bench.options import Options
from bench.report.counters import HARNESS_CORE, MEASURED_CORE, make_patient, pin, rss_kb
from bench.report.medians import medians_by
from bench.report.report import Cell, Result, Table
from bench.testbed import SECRET, new_stack
from tools.ports import free_port
from tools.stack import PROJECT, Part, Stack

KEY = "the-measuring-key"
_CONNECTIONS = (1, 16, 64)
_SLICES = 3
_BULK = 1000
_CHUNK = 50_000

Measurements = dict[str, Any]  # Any: JSON


class Poster:
    """The process that posts orders."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> int:
        """Start the process; return its id."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.intake.post_load", cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        return self._process.pid

    async def post(self, port: int, *, connections: int, seconds: float, bulk: int = 0, most: int = 1 << 60) -> Measurements:
        """Post orders for this many seconds; return the figures."""
        if self._process is None or self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("not started")
        path = "/v1/confirmations/bulk" if bulk else "/v1/confirmations"
        command = {
            "port": port,
            "path": path,
            "key": KEY,
            "connections": connections,
            "seconds": seconds,
            "bulk": bulk,
            "most": most,
        }
        self._process.stdin.write(msgspec.json.encode(command) + b"\n")
        found: Measurements = msgspec.json.decode(await self._process.stdout.readline())
        if found["failures"]:
            raise RuntimeError(f"{found['failures']} requests failed, the first with: {found['failure']}")
        return found

    async def stop(self) -> None:
        """End the process."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            await self._process.wait()


def webhook_part(port: int, redis_url: str) -> Part:
    """Return our webhook service, one process."""
    environment: Mapping[str, str] = {
        "ENV_FILE": "",
        "WEBHOOK_BIND": f"127.0.0.1:{port}",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "REDIS_URL": redis_url,
        "API_KEYS": f"shopaz:{KEY}",
        "SIGNING_SECRET": SECRET,
        "ENCRYPTION_KEYS": "A" * 43 + "=",
        "TWILIO_AUTH_TOKEN": "measuring",
        "RATE_LIMIT": "100000000/60",
        "LOG_LEVEL": "warning",
    }
    return Part("webhook", (sys.executable, "-m", "services.webhook"), f"http://127.0.0.1:{port}/readyz", environment)


async def measure(options: Options) -> Result:
    """Measure `options.runs` times, and report medians."""
    runs = []
    for run in range(options.runs):
        options.tell(f"intake: run {run + 1} of {options.runs}")
        runs.append(await _run(options))
    points = medians_by(runs)
    rows: list[list[Cell]] = [
        [
            str(count),
            ours["per_s"],
            ours["p50"],
            ours["p99"],
            peer["per_s"],
            peer["p50"],
            peer["p99"],
            points[f"ratio {count}"]["ratio"],
        ]
        for count in _CONNECTIONS
        for ours, peer in [(points[f"ours {count}"], points[f"peer {count}"])]
    ]
    columns = ["connections", "orders/s", "p50 ms", "p99 ms", "peer: orders/s", "p50 ms", "p99 ms", "ours / peer"]
    note = (
        "One webhook process on one core; Valkey (`appendfsync always`) and who posts on the other. The peer is a bare Starlette "
        "endpoint with rq's `Queue.enqueue` on the same server; both take turns, and the ratio is that within a run."
    )
    more: list[list[Cell]] = [["orders a second in bulk requests of 1,000", points["bulk"]["per_s"]]]
    if "memory" in points:
        more.append(["orders stored for the next figures", points["memory"]["orders"]])
        more.append(["bytes in Redis an order", points["memory"]["bytes"]])
        more.append(
            ["webhook process before and after, MB", f"{points['memory']['before_mb']:.0f}, {points['memory']['after_mb']:.0f}"]
        )
    tables = [Table("Orders posted one by one", columns, rows, note), Table("Orders in bulk", ["", "figure"], more)]
    return Result("intake", tables, {"points": points}, plots=("intake",))


async def _run(options: Options) -> dict[str, Measurements]:
    stack, poster = new_stack("intake"), Poster()
    try:
        stack.start_valkey()
        ports = {"ours": free_port(), "peer": free_port()}
        command = (sys.executable, "-m", "bench.intake.peer", str(ports["peer"]), stack.socket_url)
        stack.start_all((webhook_part(ports["ours"], stack.socket_url), Part("peer", command)))
        await asyncio.sleep(1)
        posting = await poster.start()
        for pid, core in ((stack.pid("webhook"), MEASURED_CORE), (stack.pid("peer"), MEASURED_CORE)):
            pin(pid, core)
            make_patient(pid)
        for pid in (stack.pid("valkey"), posting):
            pin(pid, HARNESS_CORE)
            make_patient(pid)
        with Redis.from_url(stack.socket_url) as redis:
            redis.config_set("maxmemory", 0)
            return await _measured(options, poster, ports=ports, stack=stack, redis=redis)
    finally:
        await poster.stop()
        stack.stop()


async def _measured(
    options: Options, poster: Poster, *, ports: Mapping[str, int], stack: Stack, redis: "Redis"
) -> dict[str, Measurements]:
    seconds = 1.0 if options.is_quick else 3.0
    points: dict[str, Measurements] = {}
    for who in ports:  # whatever is loaded at first use is loaded now
        await poster.post(ports[who], connections=4, seconds=0.5)
    for count in _CONNECTIONS:
        slices: dict[str, list[Measurements]] = {who: [] for who in ports}
        for _ in range(_SLICES):
            for who, port in ports.items():
                slices[who].append(await poster.post(port, connections=count, seconds=seconds))
        for who, found in slices.items():
            points[f"{who} {count}"] = {what: median(one[what] for one in found) for what in ("per_s", "p50", "p99")}
            options.tell(f"intake: {count:2} connections, {who}: {points[f'{who} {count}']['per_s']:.0f} orders/s")
        points[f"ratio {count}"] = {"ratio": points[f"ours {count}"]["per_s"] / points[f"peer {count}"]["per_s"]}
    bulk = [await poster.post(ports["ours"], connections=2, seconds=seconds, bulk=_BULK) for _ in range(_SLICES)]
    points["bulk"] = {"per_s": median(one["per_s"] for one in bulk)}
    options.tell(f"intake: bulk: {points['bulk']['per_s']:.0f} orders/s")
    if options.orders:
        points["memory"] = await _memory(options, poster, port=ports["ours"], stack=stack, redis=redis)
    return points


async def _memory(options: Options, poster: Poster, *, port: int, stack: Stack, redis: "Redis") -> Measurements:
    """Submit many orders, and measure the memory that each further one takes."""
    redis.flushall()
    before, resident = _used(redis), stack.pid("webhook")
    before_mb = _rss_mb(resident)
    left = options.orders
    while left > 0:
        requests = min(left, _CHUNK) // _BULK
        await poster.post(port, connections=2, seconds=600, bulk=_BULK, most=max(1, requests - 1))
        left -= _CHUNK
        options.tell(f"intake: {redis.dbsize()} keys")
    stored = int(redis.hlen("orders:shopaz"))
    return {
        "orders": stored,
        "bytes": (_used(redis) - before) / max(1, stored),
        "before_mb": before_mb,
        "after_mb": _rss_mb(resident),
    }


def _used(redis: "Redis") -> int:
    return int(redis.info("memory")["used_memory"])


def _rss_mb(pid: int) -> float:
    return rss_kb([pid]) / 1024
