"""Reads named pipes that replace files in a folder; while it is stopped (SIGSTOP), it acts as a disk that accepts no more data.

`python -m bench.bridge.slow_disk FOLDER`: a process that writes to a pipe whose reader is stopped sleeps in the kernel's `write`
once the pipe is full, as it would with a disk that hangs. New pipes are opened within a tenth of a second.
"""

import os
import selectors
import sys
from collections.abc import Sequence
from pathlib import Path

_CHUNK = 1 << 16


def main(arguments: Sequence[str]) -> None:
    """Read until the process is ended."""
    folder, known = Path(arguments[0]), set[Path]()
    with selectors.DefaultSelector() as selector:
        while True:
            for path in set(folder.glob("*.wav")) - known:
                known.add(path)
                selector.register(os.open(path, os.O_RDWR | os.O_NONBLOCK), selectors.EVENT_READ)  # open for writing too: no end
            for key, _ in selector.select(timeout=0.1):
                os.read(key.fd, _CHUNK)


if __name__ == "__main__":
    main(sys.argv[1:])
