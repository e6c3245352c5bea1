"""The testbed of the measurements: an embedded Valkey, one of our services pinned to a core, and the load process."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from bench.load.bridge_load import Measurements
from bench.load.intervals import FAIR_MS
from bench.load.load_process import LoadPlan
from bench.load.simulated_caller import AUTH_TOKEN
from bench.report.counters import HARNESS_CORE, MEASURED_CORE, make_punctual, pin
from tools.ports import free_port
from tools.stack import PROJECT, Part, Stack

SECRET = "a-secret-for-measuring-on-one-machine"  # noqa: S105 - it signs nothing real
_ANSWER_LIMIT_S = 180.0
_MOST_REPEATED = 5
FAIR_NOTE = (
    f"An interval in which the host took a core away (`steal`), or the harness was {FAIR_MS:.0f} ms late, does not count; "
    f"a turn without any other is taken again, at most {_MOST_REPEATED} times."
)


class LoadProcess:
    """Starts the load process, sends it commands and returns its figures.

    It carries one load for each measured bridge. For each load, `certificates` holds the file with the certificate and key of
    its speech model, or an empty string if the model speaks without TLS.
    """

    def __init__(self, *, certificates: Sequence[str] = ("",), think_s: float = 0.0) -> None:
        ports = [free_port() for _ in certificates]
        self._plan = LoadPlan(model_ports=ports, certificates=list(certificates), think_s=think_s)
        self._process: asyncio.subprocess.Process | None = None
        self.is_punctual = False

    def model_url(self, load: int = 0) -> str:
        """Return the URL of this load's simulated speech model."""
        scheme = "wss" if self._plan.certificates[load] else "ws"
        return f"{scheme}://127.0.0.1:{self._plan.model_ports[load]}/v1/realtime"

    async def __aenter__(self) -> Self:
        command = (sys.executable, "-m", "bench.load.load_process", msgspec.json.encode(self._plan).decode())
        self._process = await asyncio.create_subprocess_exec(
            *command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=1 << 24
        )
        await self._answer()
        pin(self._process.pid, HARNESS_CORE)
        self.is_punctual = make_punctual(self._process.pid)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            await self._process.wait()

    async def do(self, what: str, load: int = 0, **how: Any) -> Measurements:  # noqa: ANN401 - JSON
        """Carry out a command in the process; return the figures (`bench/load/bridge_load.py` names them)."""
        assert self._process is not None and self._process.stdin is not None  # noqa: S101, PT018 - used as a context manager
        self._process.stdin.write(msgspec.json.encode({"do": what, "load": load, **how}) + b"\n")
        await self._process.stdin.drain()
        return await self._answer()

    async def _answer(self) -> Measurements:
        assert self._process is not None and self._process.stdout is not None  # noqa: S101, PT018 - as above
        async with asyncio.timeout(_ANSWER_LIMIT_S):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the load process ended; what it said stands above")
        answer: Measurements = msgspec.json.decode(line)
        return answer


async def fair_interval(turn: Callable[[], Awaitable[Measurements]]) -> Measurements:
    """Measure once, and again as long as no interval was fair.

    Returns the last turn's figures, with `is_fair`, and the number of repetitions in `repeated`.
    """
    repeated = 0
    while True:
        figures = await turn()
        if figures["is_fair"] or repeated == _MOST_REPEATED:
            return {**figures, "repeated": repeated}
        repeated += 1


def bridge_part(port: int, *, model_url: str, redis_url: str, **more: str) -> Part:
    """Return the media bridge as it runs in production, with one process unless `more` says otherwise."""
    environment: Mapping[str, str] = {
        "ENV_FILE": "",
        "MEDIA_BRIDGE_BIND": f"127.0.0.1:{port}",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "REDIS_URL": redis_url,
        "SIGNING_SECRET": SECRET,
        "OPENAI_API_KEY": "sk-measuring",
        "OPENAI_REALTIME_URL": model_url,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "CALL_TIME_LIMIT_S": "3600",
        "MAX_STREAMS": "5000",
        "MEDIA_BRIDGE_PROCESSES": "1",
        **more,
    }
    return Part("media_bridge", (sys.executable, "-m", "services.media_bridge"), f"http://127.0.0.1:{port}/readyz", environment)


def certificate(folder: Path) -> str | None:
    """Create a certificate for 127.0.0.1 and its key, in one file; return None if openssl is not installed."""
    path = folder / "far_end.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 "
        f"-addext subjectAltName=IP:127.0.0.1 -keyout {path}.key -out {path}.crt"
    )
    try:
        subprocess.run(command.split(), check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    path.write_text(Path(f"{path}.key").read_text() + Path(f"{path}.crt").read_text())
    return str(path)


def relay_part(module: str, port: int, *, model_url: str) -> Part:
    """Return one of the bare relays."""
    command = (sys.executable, "-m", module, "--port", str(port), "--model-url", model_url)
    return Part(module.rpartition(".")[2], command)


def measure_alone(stack: Stack, names: Sequence[str]) -> None:
    """Give these processes the core that is measured, and Valkey the harness's core; ordinary processes wait for all of them."""
    for name in names:
        pin(stack.pid(name), MEASURED_CORE)
        make_punctual(stack.pid(name))
    pin(stack.pid("valkey"), HARNESS_CORE)
    make_punctual(stack.pid("valkey"))


def new_stack(name: str, env: Mapping[str, str] | None = None) -> Stack:
    """Return a stack that keeps its files under `var/bench/`, which is emptied first."""
    folder = PROJECT / "var" / "bench" / name
    _empty(folder)
    return Stack(folder, env or {}, report=lambda _: None)


def _empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True) if folder.exists() else ():
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
