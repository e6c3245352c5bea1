"""`make run` listens where the settings say, tells where that is, and gives shops and `make doctor` its embedded Valkey."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError

from shared.settings.parsers import Bind
from tests.support.sealing import SEALING_KEY
from tests.support.webhook.process import running_webhook
from tools.plain_http import PLAIN
from tools.ports import free_port
from tools.stack import LOOPBACK, PROJECT, PublicAddress, Stack, gateway

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

LIMIT_S = 60
CERTIFICATE = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=calls.test"
    " -addext subjectAltName=DNS:calls.test"
)


def port_of_nobody() -> int:
    """Return a port that nobody has: `make run` refuses one that this process holds."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def settings(folder: Path, **variables: str) -> dict[str, str]:
    """Return the environment of an operator who keeps the shops' keys in a file; the vendors are where nobody listens."""
    (folder / "api_keys").write_text("shopaz:0123456789abcdef\n")
    port = str(port_of_nobody())
    return {
        "PATH": os.environ["PATH"],
        "ENV_FILE": "",
        "PORT": port,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "GATEWAY_BIND": "127.0.0.1",
        "API_KEYS_FILE": str(folder / "api_keys"),
        "SIGNING_SECRET": "s" * 32,
        "ENCRYPTION_KEYS": SEALING_KEY,
        "OPENAI_API_KEY": "sk-simulated",
        "OPENAI_REALTIME_URL": "ws://127.0.0.1:9/v1/realtime",
        "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
        "TWILIO_AUTH_TOKEN": "simulated-token",
        "TWILIO_API_URL": "http://127.0.0.1:9",
        "TWILIO_FROM_NUMBERS": "+38344000001",
        "MEDIA_BRIDGE_PROCESSES": "1",
        "DIALER_WORKERS": "1",
        **variables,
    }


def words(module: str, folder: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", f"tools.{module}", "--folder", str(folder / "run"), *more]


@contextmanager
def make_run(folder: Path, environ: dict[str, str]) -> Iterator[str]:
    """Run the whole system; yield what it has told once it is ready."""
    told = folder / "told.txt"
    with told.open("wb") as output:
        process = subprocess.Popen(words("run", folder), cwd=PROJECT, env=environ, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + LIMIT_S
        while "Ctrl-C ends it" not in told.read_text():
            assert process.poll() is None, told.read_text()
            assert time.monotonic() < deadline, told.read_text()
            time.sleep(0.1)
        yield told.read_text()
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_S) == 0
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(LIMIT_S)


def doctor(folder: Path, environ: dict[str, str]) -> str:
    done = subprocess.run(
        words("doctor", folder, "redis"), cwd=PROJECT, env=environ, capture_output=True, text=True, check=False, timeout=LIMIT_S
    )
    return done.stdout


def test_it_listens_where_the_settings_say_and_its_valkey_takes_logins_only(tmp_path: Path) -> None:
    port = port_of_nobody()
    environ = settings(tmp_path, WEBHOOK_BIND=f"127.0.0.1:{port}")
    with make_run(tmp_path, environ) as told:
        assert f"webhook        http://127.0.0.1:{port}\n" in told
        for origin in re.findall(r"(?:media_bridge|dialer_worker) +(http://127\.0\.0\.1:\d+)\n", told):
            assert httpx.get(f"{origin}/readyz", verify=PLAIN).status_code == 200
        assert httpx.get(f"http://127.0.0.1:{port}/readyz", verify=PLAIN).status_code == 200
        assert "ok   redis: Redis answers, and keeps what it acknowledges" in doctor(tmp_path, environ)
        elsewhere = {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
        assert "FIX  redis: Redis does not answer" in doctor(tmp_path, environ | elsewhere), "a REDIS_URL that is set counts"

        file = re.search(r"redis://crm_shopaz:\.\.\.@127\.0\.0\.1:\d+/0 for shopaz's system; whole in (\S+)\n", told)
        assert file is not None
        url = Path(file[1]).read_text().strip()
        assert url.split("@")[1].split("/")[0] in file[0]
        with Redis.from_url(url) as crm:
            assert not crm.xread({"outcomes:shopaz:log": "0"})
            with pytest.raises(NoPermissionError):
                crm.get("confirmation:cnf_1")
        with Redis.from_url(f"redis://{url.split('@')[1]}") as stranger, pytest.raises(AuthenticationError):
            stranger.get("confirmation:cnf_1")
        password = url.split(":")[2].split("@")[0]
        assert all(password not in log.read_text() for log in (tmp_path / "run" / "logs").iterdir())
        assert password not in told


def test_a_port_that_a_setting_names_and_somebody_has_is_named(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        bind = f"{LOOPBACK}:{other.getsockname()[1]}"
        done = subprocess.run(
            words("run", tmp_path),
            cwd=PROJECT,
            env=settings(tmp_path, DIALER_BIND=bind),
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "DIALER_BIND" in done.stderr


def test_the_gateway_serves_https_with_a_certificate_of_ones_own(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = [*CERTIFICATE.split(), "-keyout", str(key), "-out", str(certificate)]
    try:
        subprocess.run(made, check=True, capture_output=True, timeout=LIMIT_S)
    except FileNotFoundError:
        pytest.skip("there is no openssl on this machine")
    public, behind = PublicAddress(free_port(), site="calls.test"), free_port()
    environ = {"GATEWAY_TLS": f"tls {certificate} {key}"}
    with (
        running_webhook(f"redis://127.0.0.1:{free_port()}/0", port=behind),
        Stack(tmp_path / "run", environ, report=print) as stack,
    ):
        bridge = Bind(LOOPBACK, free_port())
        stack.start_all((gateway(public, webhook=Bind(LOOPBACK, behind), bridge=bridge, folder=tmp_path),))
        log = (tmp_path / "run" / "logs" / "gateway.log").read_text()
    assert ":80" not in log


def test_a_shop_that_is_added_gets_its_user_in_a_valkey_that_still_runs(tmp_path: Path) -> None:
    with Stack(tmp_path / "run", {"API_KEYS": "shopaz:0123456789abcdef"}, report=print) as before:
        before.start_valkey()
        with Stack(tmp_path / "run", {"API_KEYS": "gjirafa:0123456789abcdef"}, report=print) as again:
            again.start_valkey()
            with Redis.from_url(again.crm_redis_url("gjirafa")) as crm:
                assert crm.ping()
