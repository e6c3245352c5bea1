"""Standard output for a log: if its reader stalls, entries are lost, and no call waits."""

import os
import select
from collections.abc import Callable
from typing import TextIO

_CHUNK_BYTES = select.PIPE_BUF if hasattr(select, "PIPE_BUF") else 512
"""A pipe that polls as ready takes this many bytes without blocking. Source: POSIX, `write` and `poll`."""


class NonblockingLogStream:
    """Writes whole entries. Entries that the reader does not take are lost and counted.

    After the next entry that is written, `on_lost` is called with their number; it may write an entry itself. A stream that
    is no file (a test's) is written directly. A file on a disk always polls as ready.
    """

    def __init__(self, stream: TextIO, on_lost: Callable[[int], None]) -> None:
        self._stream = stream
        self._on_lost = on_lost
        self._lost = 0
        self._is_partly_written = False
        self._fd = _descriptor(stream)
        if self._fd is not None:
            self._ready = select.poll()
            self._ready.register(self._fd, select.POLLOUT)

    def write(self, entry: str) -> None:
        """Write an entry, which ends with a newline, or lose it."""
        if self._fd is None:
            self._stream.write(entry)
            self._stream.flush()
            return
        if not self._write_without_waiting(self._fd, b"\n" * self._is_partly_written + entry.encode(errors="backslashreplace")):
            self._lost += 1
        elif self._lost:
            lost, self._lost = self._lost, 0
            self._on_lost(lost)

    def flush(self) -> None:
        """Do nothing: every entry is written or lost already. `logging.StreamHandler` calls this."""

    def _write_without_waiting(self, fd: int, entry: bytes) -> bool:
        """Write the entry and return True; return False when the reader does not take the rest of it."""
        for start in range(0, len(entry), _CHUNK_BYTES):
            if not self._ready.poll(0):
                self._is_partly_written = self._is_partly_written or start > 0
                return False
            os.write(fd, entry[start : start + _CHUNK_BYTES])
        self._is_partly_written = False
        return True


def _descriptor(stream: TextIO) -> int | None:
    """Return the stream's file descriptor; None if it has none, or if the system has no `poll`."""
    if not hasattr(select, "poll"):
        return None
    try:
        return stream.fileno()
    except (OSError, AttributeError):  # io.UnsupportedOperation is an OSError
        return None
