"""Gives freed memory back to the system: glibc keeps it otherwise, in pieces between what is still used."""

import ctypes
from collections.abc import Callable
from functools import cache


def give_back_memory() -> None:
    """Give back what is free. It takes some milliseconds, and does nothing where the C library is not glibc.

    Source: malloc_trim(3).
    """
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@cache
def _malloc_trim() -> Callable[[int], int] | None:
    found: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return found
