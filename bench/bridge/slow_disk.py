"""Reads named pipes that stand in a folder in place of files; stopped (SIGSTOP), it is a disk that takes nothing more.

`python -m bench.bridge.slow_disk FOLDER`: who writes to a pipe whose reader is stopped sleeps in the kernel's `write` once the pipe
is full, as on a disk that hangs. New pipes are taken up within a tenth of a second.
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
                selector.register(os.open(path, os.O_RDWR | os.O_NONBLOCK), selectors.EVENT_READ)  # writing too: it has no end
            for key, _ in selector.select(timeout=0.1):
                os.read(key.fd, _CHUNK)


if __name__ == "__main__":
    main(sys.argv[1:])
