"""The examples in docs/crm.md do what the page says, run as a reader would run them: as the shop's own user of Redis."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from tests.support.php import php_with
from tests.support.valkey import ValkeyServer, as_user
from tools.redis_users import OPERATOR

pytestmark = pytest.mark.system
ROOT = Path(__file__).resolve().parents[2]
NODE_PACKAGES = ROOT / "var" / "node"  # kept between runs
LOG = "outcomes:shopaz:log"
ORDERS = ["A-1 confirmed", "A-2 cancelled", "A-3 confirmed"]


def example(name: str) -> str:
    text = (ROOT / "docs" / "crm.md").read_text("utf-8")
    found = re.search(rf"<!-- tested: {name} -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert found, name
    return found[1]


def publish(url: str, *numbers: int) -> None:
    with Redis.from_url(url) as client:
        for number in numbers:
            order_id, outcome = ORDERS[number - 1].split()
            data = {"order_id": order_id, "outcome": outcome, "confirmation_id": f"cnf_{number}", "sequence": 5}
            client.xadd(LOG, {"event": json.dumps({"id": f"cnf_{number}.5", "data": data})})


@contextmanager
def logins_needed(valkey: ValkeyServer) -> Iterator[str]:
    """Let nobody come in without a login, as in production; yield the operator's URL."""
    url = as_user(valkey.url, OPERATOR)
    with Redis.from_url(url) as client:
        client.execute_command("ACL SETUSER default off")
        try:
            yield url
        finally:
            client.execute_command("ACL SETUSER default on")


def plays(command: Sequence[str], valkey: ValkeyServer, folder: Path, **environ: str) -> None:
    """Run an example: it reads its own and others' pending entries, ignores events that it knows, and goes on with new ones."""
    with logins_needed(valkey) as url:
        publish(url, 1)
        with Redis.from_url(url) as client:
            client.xgroup_create(LOG, "crm", id="0")
            client.xreadgroup("crm", os.uname().nodename, {LOG: ">"})
            publish(url, 2)
            ((_, [(left_behind, _)]),) = client.xreadgroup("crm", "gone", {LOG: ">"})
            client.xclaim(LOG, "crm", "gone", min_idle_time=0, message_ids=[left_behind], idle=61_000)
        publish(url, 2)
        out = folder / "out.txt"
        with out.open("wb") as stdout:
            environment: Mapping[str, str] = {
                **os.environ,
                "REDIS_URL": as_user(valkey.url, "crm_shopaz"),
                "SHOP": "shopaz",
                **environ,
            }
            process = subprocess.Popen(command, cwd=folder, env=environment, stdout=stdout, stderr=subprocess.STDOUT)
            try:
                _becomes(out, ORDERS[:2], process)
                publish(url, 3)
                _becomes(out, ORDERS, process)
                _acknowledged(url)
            finally:
                process.kill()
                process.wait()
    assert valkey.refusals() == []


def _becomes(out: Path, lines: list[str], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while out.read_text("utf-8").splitlines() != lines:
        assert process.poll() is None, out.read_text("utf-8")
        assert time.monotonic() < deadline, out.read_text("utf-8")
        time.sleep(0.05)


def _acknowledged(url: str) -> None:
    deadline = time.monotonic() + 10
    with Redis.from_url(url) as client:
        while client.xpending(LOG, "crm")["pending"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_the_python_example(valkey: ValkeyServer, tmp_path: Path) -> None:
    (tmp_path / "crm.py").write_text(example("crm-python"), "utf-8")
    plays([sys.executable, "crm.py"], valkey, tmp_path)


def test_the_node_example(valkey: ValkeyServer, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node on this machine")
    (tmp_path / "node_modules").symlink_to(_node_packages() / "node_modules")
    (tmp_path / "crm.mjs").write_text(example("crm-node"), "utf-8")
    plays([node, "crm.mjs"], valkey, tmp_path)


def test_the_php_example(valkey: ValkeyServer, tmp_path: Path) -> None:
    php = php_with("redis")
    (tmp_path / "crm.php").write_text(example("crm-php"), "utf-8")
    plays([php, "crm.php"], valkey, tmp_path)


def _node_packages() -> Path:
    """Return the folder in which npm has installed what the example imports; skip the test if npm can't."""
    if not (NODE_PACKAGES / "node_modules" / "redis" / "package.json").exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("there is no npm on this machine")
        NODE_PACKAGES.mkdir(parents=True, exist_ok=True)
        words = [npm, "install", "--prefix", str(NODE_PACKAGES), "--no-audit", "--no-fund", "--no-save", "redis@5"]
        try:
            done = subprocess.run(words, capture_output=True, timeout=40, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip("npm could not install redis@5 within 40 s")
        if done.returncode:
            pytest.skip("npm can't install redis@5 here")
    return NODE_PACKAGES
