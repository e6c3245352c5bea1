"""The examples in the README do what it says: the order is accepted, the customer called, the outcome read."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tools.demo import environment
from tools.ports import free_port
from tools.stack import PROJECT, Stack, our_parts

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

CONFIRMS = {"attempts": [{"answer": {"ring_s": 1, "steps": ["wait_until_agent_done", {"press": "1"}]}}]}
CRM_LIMIT_S = 60


@dataclass(frozen=True, slots=True)
class System:
    """The programs of the demo, waiting for orders."""

    env: dict[str, str]
    twilio: str


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    port, twilio_port, openai_port = free_port(), free_port(), free_port()
    env = environment.settings(port=port, twilio_port=twilio_port, openai_port=openai_port)
    with Stack(tmp_path, env, report=print) as stack:
        stack.start_valkey()
        played = environment.simulators(env, twilio_port=twilio_port, openai_port=openai_port, folder=tmp_path)
        stack.start_all((*played, *our_parts(port, tmp_path, redis_urls=stack.service_redis_urls)))
        yield System(
            os.environ | env | {"API_KEY": environment.API_KEY, "REDIS_URL": stack.crm_redis_url(environment.SHOP)},
            f"http://127.0.0.1:{twilio_port}",
        )


def example(name: str) -> str:
    """Return the fenced block below `<!-- tested: name -->`."""
    readme = (PROJECT / "README.md").read_text()
    found = re.search(rf"<!-- tested: {name} -->\n```\w+\n(.*?)```", readme, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_examples_of_the_readme_work(system: System) -> None:
    httpx.put(f"{system.twilio}/simulator/people/+38344123456", json=CONFIRMS).raise_for_status()

    posted = subprocess.run(["bash", "-c", example("post")], env=system.env, check=True, capture_output=True, text=True, timeout=20)
    assert json.loads(posted.stdout)["status"] in {"queued", "waiting", "calling"}

    crm = subprocess.Popen([sys.executable, "-c", example("crm")], env=system.env, stdout=subprocess.PIPE, text=True)
    try:
        assert crm.stdout is not None
        started = time.monotonic()
        assert crm.stdout.readline() == "SHP-10482 confirmed\n"
        assert time.monotonic() - started < CRM_LIMIT_S
    finally:
        crm.kill()
        crm.wait()
        if crm.stdout is not None:
            crm.stdout.close()
