"""`make attack` can be stopped at any moment: it leaves no process behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attack.rig import process_tree
from tools.stack import PROJECT

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]
_PARTS = 7  # at least: Valkey, the two simulators, the gateway and the three services
_START_LIMIT_S = 60.0


@pytest.fixture
def attack(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start an attack, and wait until its bystanders have posted their first order."""
    command = (sys.executable, "-m", "tests.attack", "--only", "openapi_flood", "--seconds", "100")
    process = subprocess.Popen(command, cwd=PROJECT, env={**os.environ, "TMPDIR": str(tmp_path)}, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + _START_LIMIT_S
    try:
        while not any('"POST"' in log.read_text() for log in tmp_path.glob("attack-*/logs/webhook.log")):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_rig_too(attack: subprocess.Popen[bytes], number: signal.Signals) -> None:
    tree = set(process_tree(attack.pid))
    assert len(tree) > _PARTS
    attack.send_signal(number)
    time.sleep(0.2)
    attack.send_signal(number)  # somebody is impatient
    try:
        assert attack.wait(60) == 128 + number
        assert [pid for pid in tree if _lives(pid)] == []
    finally:
        for pid in tree:
            if _lives(pid):
                os.kill(pid, signal.SIGKILL)


def _lives(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
