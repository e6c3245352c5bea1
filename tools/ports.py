"""TCP ports on 127.0.0.1. Programs that ask here never get a port that a running one has, so that tests can run side by side."""

import contextlib
import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

_PORTS = range(18000, 30000)  # below the ports that the system gives to outgoing connections
_TRIES = 50
_held: dict[int, int] = {}  # the ports of this process, and the open files whose locks mark them as taken


class NoPortError(Exception):
    """No free port was found."""


def free_port(wanted: int | None = None) -> int:
    """Return `wanted` if it is free, else another free port; this process holds it until it ends.

    Raises:
        NoPortError: None of the ports that were tried was free.
    """
    for port in (wanted, *random.sample(_PORTS, _TRIES)):
        if port is not None and _claim(port):
            return port
    raise NoPortError("no free TCP port on 127.0.0.1")


def _claim(port: int) -> bool:
    """Lock the port's file, which the system unlocks when this process ends, and check that no other program listens there."""
    folder = Path(tempfile.gettempdir()) / f"ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if port in _held:
        return False
    file = os.open(folder / str(port), os.O_RDWR | os.O_CREAT, 0o600)
    with contextlib.suppress(OSError), socket.socket() as probe:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        _held[port] = file
        return True
    os.close(file)
    return False
