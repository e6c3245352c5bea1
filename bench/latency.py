"""What the far ends note of one direction: how long each frame took, and whether one is missing."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(slots=True)
class Direction:
    """Frames of all calls in one direction, while `is_recording`."""

    is_recording: bool = False
    taken_ns: list[int] = field(default_factory=list)
    missing: int = 0

    def note(self, took_ns: int, gap: int) -> None:
        """Note a frame that took so long; `gap` frames before it never came."""
        if self.is_recording:
            self.taken_ns.append(took_ns)
            self.missing += gap

    def report(self) -> dict[str, float]:
        """Return the figures, in milliseconds."""
        return quantiles(self.taken_ns) | {"missing": self.missing}


@dataclass(slots=True)
class Following:
    """One call's frames in one direction. `heard` is the number of the last one, as far as none is missing."""

    heard: int = 0
    _size: int = 0
    _passed: int = 0

    def passes(self, size: int, most: int) -> bool:
        """Count a frame that need not be read, being as large as the last one read; False after `most` of them, or another size."""
        if self._passed >= most or size != self._size:
            return False
        self._passed += 1
        self.heard += 1
        return True

    def read(self, number: int, size: int) -> int:
        """Take note of a frame's own number; returns how many before it never came."""
        gap = number - self.heard - 1 if self._size else 0
        self.heard, self._size, self._passed = number, size, 0
        return gap


def quantiles(taken_ns: list[int]) -> dict[str, float]:
    """Return p50, p99 and the longest, in milliseconds."""
    if not taken_ns:
        return {"p50": 0.0, "p99": 0.0, "max": 0.0, "count": 0}
    values = np.asarray(taken_ns) / 1e6
    p50, p99 = np.percentile(values, [50, 99])
    return {"p50": float(p50), "p99": float(p99), "max": float(values.max()), "count": len(taken_ns)}
