"""`make run-local` as a process: the whole system with both simulators, waiting for a call."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from dotenv import dotenv_values

from tools.plain_http import PLAIN
from tools.ports import free_port
from tools.process_end import end_process

_START_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class RunLocal:
    """The running system."""

    origin: str
    softphone: str
    """The softphone's page, at the webhook service's own port."""
    left: Path
    """The settings that it writes for `make mic`."""

    @property
    def environ(self) -> Mapping[str, str]:
        """Return the settings that it wrote, merged over the test's own environment."""
        return dict(os.environ) | {name: value or "" for name, value in dotenv_values(self.left).items()}

    def confirmations(self) -> list[dict[str, object]]:
        """Return all confirmations, newest first."""
        key = self.environ["API_KEYS"].partition(":")[2]
        answer = httpx.get(f"{self.origin}/v1/confirmations", headers={"Authorization": f"Bearer {key}"}, timeout=5, verify=PLAIN)
        items: list[dict[str, object]] = answer.raise_for_status().json()["items"]
        return items


@contextmanager
def running_local(folder: Path) -> Iterator[RunLocal]:
    """Start it on a free port; yield it once it waits for calls, and end it with SIGTERM."""
    log = folder / "run-local.log"
    command = (sys.executable, "-m", "tools.demo", "--wait", "--port", str(free_port()), "--folder", str(folder / "demo"))
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        left = folder / "demo" / "local.env"
        until = time.monotonic() + _START_LIMIT_S
        while not left.is_file() or "PUBLIC_URL" not in left.read_text():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(log.read_text())
            time.sleep(0.1)
        found = dotenv_values(left)
        yield RunLocal(found["PUBLIC_URL"] or "", found["SOFTPHONE_URL"] or "", left)
    finally:
        end_process(process, limit_s=30)
