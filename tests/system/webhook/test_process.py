"""`python -m services.webhook` as a process: start, readiness, metrics, draining, and a start that explains itself."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.valkey import ValkeyServer
from tests.support.webhook.process import ROOT, environ, running_webhook
from tests.support.webhook.service import PHONE, signature, small_body
from tools.ports import free_port

pytestmark = pytest.mark.system


def test_an_order_is_posted_called_and_decided_over_real_sockets(valkey: ValkeyServer) -> None:
    with running_webhook(valkey.url) as (process, client):
        assert client.get("/readyz").status_code == 200
        posted = client.post("/v1/confirmations", json=small_body())
        assert posted.status_code == 202
        path = "/incoming-call"
        form = {"CallSid": "CA1", "From": PHONE}
        answer = client.post(path, data=form, headers={"x-twilio-signature": signature(path, form)})
        assert "<Stream" in answer.text
        assert client.get(posted.headers["location"]).json()["status"] == "in_call"
        metrics = client.get("/metrics").text
        assert 'http_requests_total{method="POST",route="/v1/confirmations",status="202"} 1.0' in metrics
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        log = process.logged()
    assert PHONE not in log
    assert "request_answered" in log


def test_without_redis_it_is_alive_but_not_ready() -> None:
    with running_webhook(f"redis://127.0.0.1:{free_port()}/0") as (_, client):
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
        assert client.post("/v1/confirmations", json=small_body()).status_code == 503


def refused_start(**faulty: str) -> str:
    """Return the one line with which the service ends with exit code 2."""
    words = [sys.executable, "-m", "services.webhook"]
    done = subprocess.run(words, cwd=ROOT, env=environ(**faulty), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_wrong_start_names_every_faulty_variable_in_one_line() -> None:
    line = refused_start(PUBLIC_URL="calls.shop.example", SIGNING_SECRET="short", API_KEYS="")
    assert all(name in line for name in ("PUBLIC_URL", "SIGNING_SECRET", "API_KEYS"))


def test_it_does_not_start_with_placeholders_or_short_keys() -> None:
    line = refused_start(
        PUBLIC_URL="https://CHANGE-ME.example",
        SIGNING_SECRET="CHANGE-ME-to-32-random-characters-or-more",
        API_KEYS="shopaz:too-short-key",
        TWILIO_AUTH_TOKEN="the-token-beside-the-account-sid",
    )
    assert line.count("is a placeholder that everybody can read") == 3
    assert "API_KEYS is wrong: the key of shopaz should have at least 16 characters" in line
    assert "too-short-key" not in line


def test_it_is_small_when_it_idles(valkey: ValkeyServer) -> None:
    with running_webhook(valkey.url) as (process, client):
        client.post("/v1/confirmations", json=small_body())
        status = Path(f"/proc/{process.pid}/status")
        if not status.exists():
            pytest.skip("memory is read from /proc")
        resident_kb = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    assert resident_kb < 90 * 1024
