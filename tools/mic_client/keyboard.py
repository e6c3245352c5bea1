"""Single keys from the terminal, without Enter; nothing where there is no terminal."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PHONE_KEYS = frozenset("0123456789*#")


@contextmanager
def keys_of_terminal(told: Callable[[str], None]) -> Iterator[bool]:
    """Tell `told` each key pressed; false where the keyboard can't be read. The terminal is as before afterwards."""
    try:
        import termios  # noqa: PLC0415 - there is none on Windows
        import tty  # noqa: PLC0415 - the same
    except ImportError:
        yield False
        return
    if not sys.stdin.isatty():
        yield False
        return
    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    loop = asyncio.get_running_loop()

    def read() -> None:
        for key in os.read(number, 64).decode("ascii", "ignore"):
            told(key)

    tty.setcbreak(number)
    loop.add_reader(number, read)
    try:
        yield True
    finally:
        loop.remove_reader(number)
        termios.tcsetattr(number, termios.TCSADRAIN, before)
