"""Standard output for a log: whoever reads it may stall, and no call waits for that."""

import os
import select
from collections.abc import Callable
from typing import TextIO

_PIECE_BYTES = select.PIPE_BUF if hasattr(select, "PIPE_BUF") else 512
"""So much a pipe takes at once without waiting when it says that it is ready. Source: POSIX, `write` and `poll`."""


class LogOutlet:
    """Writes whole entries; what the reader does not take is lost, counted, and told with the next entry that passes.

    `on_lost(count)` may write an entry itself. A stream that is no file (a test's), and a file on a disk, are written as they are.
    """

    def __init__(self, stream: TextIO, on_lost: Callable[[int], None]) -> None:
        self._stream = stream
        self._on_lost = on_lost
        self._lost = 0
        self._is_torn = False
        self._fd = _descriptor(stream)
        if self._fd is not None:
            self._ready = select.poll()
            self._ready.register(self._fd, select.POLLOUT)

    def write(self, entry: str) -> None:
        """Write an entry, its line's end included, or lose it."""
        if self._fd is None:
            self._stream.write(entry)
            self._stream.flush()
            return
        if not self._passes(self._fd, b"\n" * self._is_torn + entry.encode(errors="backslashreplace")):
            self._lost += 1
        elif self._lost:
            lost, self._lost = self._lost, 0
            self._on_lost(lost)

    def flush(self) -> None:
        """Do nothing: an entry is with the system or lost (`logging.StreamHandler` asks)."""

    def _passes(self, fd: int, entry: bytes) -> bool:
        for start in range(0, len(entry), _PIECE_BYTES):
            if not self._ready.poll(0):
                self._is_torn = self._is_torn or start > 0
                return False
            os.write(fd, entry[start : start + _PIECE_BYTES])
        self._is_torn = False
        return True


def _descriptor(stream: TextIO) -> int | None:
    """Return the stream's file descriptor, or None where it has none, or the system has no `poll`."""
    if not hasattr(select, "poll"):
        return None
    try:
        return stream.fileno()
    except (OSError, AttributeError):  # io.UnsupportedOperation is an OSError
        return None
