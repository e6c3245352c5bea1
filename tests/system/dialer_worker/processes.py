"""The product's own programs as processes, with what they logged."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.valkey import as_user
from tools.plain_http import PLAIN
from tools.ports import free_port
from tools.redis_users import USER_OF_SERVICE

ROOT = Path(__file__).resolve().parents[3]
_START_LIMIT_S = 15.0


@dataclass(frozen=True, slots=True)
class Service:
    """A running program; `log_file` holds what it wrote."""

    process: subprocess.Popen[bytes]
    origin: str
    log_file: Path

    def status(self, path: str) -> int:
        """Return the status of a GET, 0 if nobody answers."""
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(self.origin + path, timeout=5, verify=PLAIN).status_code
        return 0

    def text(self, path: str) -> str:
        return httpx.get(self.origin + path, timeout=5, verify=PLAIN).text

    def log(self) -> str:
        return self.log_file.read_text("utf-8")

    def children(self) -> list[int]:
        """Return the ids of the processes it started, in order."""
        words = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(word) for word in words]


def launch(module: str, settings: Mapping[str, str], log_file: Path) -> subprocess.Popen[bytes]:
    """Start a service with these variables and no others; it comes to Redis as its own user."""
    user = USER_OF_SERVICE.get(module.removeprefix("services."), "dialer")  # the chaos tests' own modules are dialers
    environ = {"PATH": os.environ["PATH"], "ENV_FILE": "", **settings}
    if "REDIS_URL" in settings:
        environ["REDIS_URL"] = as_user(settings["REDIS_URL"], user)
    with log_file.open("wb") as log:
        return subprocess.Popen([sys.executable, "-m", module], cwd=ROOT, env=environ, stdout=log, stderr=subprocess.STDOUT)


@contextlib.contextmanager
def running(module: str, settings: Mapping[str, str], *, bind: str, folder: Path, port: int | None = None) -> Iterator[Service]:
    """Run a program until the block ends; `bind` names the variable of its address."""
    port = port or free_port()
    log_file = folder / f"{module}-{port}.log"
    process = launch(module, {**settings, bind: f"127.0.0.1:{port}"}, log_file)
    service = Service(process, f"http://127.0.0.1:{port}", log_file)
    try:
        _wait_alive(service)
        yield service
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_alive(service: Service) -> None:
    until = time.monotonic() + _START_LIMIT_S
    while service.status("/healthz") != 200:
        assert service.process.poll() is None, service.log()
        assert time.monotonic() < until, service.log()
        time.sleep(0.02)
