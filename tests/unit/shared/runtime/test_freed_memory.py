"""Memory that a great request has used is the system's again."""

import ctypes
from pathlib import Path

import pytest

from shared.runtime.freed_memory import give_back_memory


def _resident_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the C library is not glibc")
def test_it_is_given_back_although_pieces_between_are_still_used() -> None:
    pieces = [bytes([1]) * 20_000 for _ in range(5_000)]  # 100 MB, each too small for a mapping of its own
    kept, pieces = pieces[::50], []
    held = _resident_mb()
    give_back_memory()
    assert _resident_mb() < held - 30
    assert len(kept) == 100
