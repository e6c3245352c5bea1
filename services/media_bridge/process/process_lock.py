"""A lock between the processes of one service, which no dead process can hold."""

import os
import sys
import tempfile
import time
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_PAUSE_S = 0.0002
_LIMIT_S = 0.02  # the event loop stands still for so long at most, if a process was stopped while it held the lock


class ProcessLock:
    """Made before the fork; each process then uses the same object.

    A POSIX record lock on a file without a name: the kernel releases it when its holder dies, and taking or releasing it is
    a system call, a full memory barrier for what it guards. Source: POSIX, `fcntl`, F_SETLK. On Windows, where there is one
    process only, it locks nothing.
    """

    def __init__(self) -> None:
        self._descriptor = _nameless_file()

    def acquire(self) -> bool:
        """Take the lock; returns whether that succeeded within 20 ms. It is usually free, and held for microseconds."""
        if sys.platform == "win32":
            return True
        until = time.monotonic() + _LIMIT_S
        while True:
            try:
                fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except (BlockingIOError, PermissionError):  # POSIX allows either
                if time.monotonic() >= until:
                    return False
                time.sleep(_PAUSE_S)
            else:
                return True

    def release(self) -> None:
        """Let the others have the lock."""
        if sys.platform != "win32":
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN)


def _nameless_file() -> int:
    """Return the descriptor of a file without a name; it stays open as long as the process."""
    if sys.platform == "linux":
        return os.memfd_create("bridge-lock")  # needs no folder that can be written
    else:  # noqa: RET505 - mypy takes code after a branch of this platform for unreachable
        descriptor, path = tempfile.mkstemp()
        Path(path).unlink()
        return descriptor
