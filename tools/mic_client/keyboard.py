"""Reads single keys from the terminal, without Enter; it reads nothing if there is no terminal."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PHONE_KEYS = frozenset("0123456789*#")


@contextmanager
def keys_of_terminal(told: Callable[[str], None]) -> Iterator[bool]:
    """Call `told` with each key pressed; yield False if the keyboard can't be read. Afterwards the terminal is as before."""
    try:
        import termios  # noqa: PLC0415 - Windows does not have it
        import tty  # noqa: PLC0415 - Windows does not have it
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
