"""The load process's records: how long each frame took in one direction, and whether one is missing."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

Span = tuple[int, int]
"""Start and end (excluded) in nanoseconds of the monotonic clock."""


@dataclass(slots=True)
class Delays:
    """How long each frame or answer took, while `is_recording`, and how many never came."""

    is_recording: bool = False
    began_ns: list[int] = field(default_factory=list)
    ended_ns: list[int] = field(default_factory=list)
    missing: int = 0

    def note(self, began_ns: int, ended_ns: int, gap: int = 0) -> None:
        """Record one; `gap` is the number before it that never came."""
        if self.is_recording:
            self.began_ns.append(began_ns)
            self.ended_ns.append(ended_ns)
            self.missing += gap

    def within(self, spans: Sequence[Span]) -> NDArray[np.int64]:
        """Return the nanoseconds of each one that began within one of the spans."""
        began, ended = np.asarray(self.began_ns, np.int64), np.asarray(self.ended_ns, np.int64)
        is_within = np.zeros(began.shape, np.bool_)
        for begin, end in spans:
            is_within |= (begin <= began) & (began < end)
        return (ended - began)[is_within]


@dataclass(slots=True)
class FrameSequence:
    """One call's frames in one direction. `heard` is the number of the last frame up to which none is missing."""

    heard: int = 0
    _size: int = 0
    _passed: int = 0

    def passes(self, size: int, most: int) -> bool:
        """Count a frame unread if its size is that of the last one read; return False if it differs, or after `most` of them."""
        if self._passed >= most or size != self._size:
            return False
        self._passed += 1
        self.heard += 1
        return True

    def read(self, number: int, size: int) -> int:
        """Record a frame's own number; return how many before it never came."""
        gap = number - self.heard - 1 if self._size else 0
        self.heard, self._size, self._passed = number, size, 0
        return gap


def quantiles(taken_ns: ArrayLike) -> dict[str, float]:
    """Return p50, p99 and the maximum, in milliseconds."""
    values = np.asarray(taken_ns) / 1e6
    if not values.size:
        return {"p50": 0.0, "p99": 0.0, "max": 0.0, "count": 0}
    p50, p99 = np.percentile(values, [50, 99])
    return {"p50": float(p50), "p99": float(p99), "max": float(values.max()), "count": values.size}
