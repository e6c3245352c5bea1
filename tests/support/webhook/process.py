"""`python -m services.webhook` as a process for tests."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import httpx
import pytest

from tests.support.valkey import as_user
from tests.support.webhook.service import ENVIRON, KEY
from tools.plain_http import PLAIN
from tools.ports import free_port

ROOT = Path(__file__).parents[3]
START_LIMIT_S = 20.0


class Process(subprocess.Popen[bytes]):
    """The running service."""

    log: TextIO

    def logged(self) -> str:
        """Return all output so far."""
        self.log.seek(0)
        return self.log.read()


def environ(**variables: str) -> dict[str, str]:
    """Return the environment of a process with these variables and the usual others."""
    return {"PATH": os.environ["PATH"], "ENV_FILE": "", **ENVIRON, **variables}


@contextmanager
def running_webhook(redis_url: str, *, port: int | None = None, **variables: str) -> Iterator[tuple[Process, httpx.Client]]:
    """Run the service; once it is alive, yield it and a client of it."""
    bind = f"127.0.0.1:{port or free_port()}"
    with tempfile.TemporaryFile("w+") as log:  # an unread pipe would block it
        process = Process(
            [sys.executable, "-m", "services.webhook"],
            cwd=ROOT,
            env=environ(WEBHOOK_BIND=bind, REDIS_URL=as_user(redis_url, "webhook"), **variables),
            stdout=log,
        )
        process.log = log
        try:
            with httpx.Client(
                base_url=f"http://{bind}", headers={"authorization": f"Bearer {KEY}"}, timeout=10, verify=PLAIN
            ) as client:
                _wait_until_alive(process, client)
                yield process, client
        finally:
            process.kill()
            process.wait()


def _wait_until_alive(process: Process, client: httpx.Client) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            client.get("/healthz")
            return
        except httpx.TransportError:
            time.sleep(0.02)
    pytest.fail("the service did not start")
