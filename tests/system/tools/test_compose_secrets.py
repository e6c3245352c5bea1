"""`make secrets` as an operator runs it: with secrets in files, and with a Redis of the operator's own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from dotenv import dotenv_values

from tools.stack import PROJECT

pytestmark = pytest.mark.system


def make_secrets(folder: Path, **variables: str) -> str:
    """Run it with the demo's settings and these, its secrets in `folder`; return what it printed."""
    demo = {name: value or "" for name, value in dotenv_values(PROJECT / "deploy" / "demo.env", interpolate=False).items()}
    environ = {"PATH": os.environ["PATH"], "ENV_FILE": "", **demo, "SECRETS": str(folder / "secrets"), **variables}
    words = [sys.executable, "-m", "tools.compose_secrets"]
    return subprocess.run(words, cwd=PROJECT, env=environ, capture_output=True, text=True, check=True, timeout=60).stdout


def test_keys_that_are_in_a_file_are_enough(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("gjirafa:0123456789abcdef\n")
    told = make_secrets(tmp_path, API_KEYS="", API_KEYS_FILE=str(tmp_path / "keys"))
    assert (tmp_path / "secrets" / "api_keys").read_text() == "gjirafa:0123456789abcdef"
    assert (tmp_path / "secrets" / "redis_url_crm_gjirafa").read_text().startswith("redis://crm_gjirafa:")
    assert "COMPOSE_REDIS_URL" not in told


def test_a_redis_url_that_containers_do_not_read_is_told(tmp_path: Path) -> None:
    assert "COMPOSE_REDIS_URL" in make_secrets(tmp_path, REDIS_URL="redis://127.0.0.1:6379/0")


def test_a_redis_of_ones_own_is_reached_by_each_service_as_its_own_user(tmp_path: Path) -> None:
    make_secrets(tmp_path, COMPOSE_REDIS_URL="rediss://redis.shop.example:6379/0")
    url = (tmp_path / "secrets" / "redis_url_media_bridge").read_text()
    assert url.startswith("rediss://bridge:")
    assert url.endswith("@redis.shop.example:6379/0")
