"""What the far ends note of one direction: how long each frame took, and whether one is missing."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(slots=True)
class Direction:
    """Frames of all calls in one direction, while `is_recording`."""

    is_recording: bool = False
    taken_ns: list[int] = field(default_factory=list)
    received: int = 0
    missing: int = 0

    def note(self, took_ns: int, gap: int) -> None:
        """Note a frame that took so long; `gap` frames before it never came."""
        if self.is_recording:
            self.taken_ns.append(took_ns)
            self.received += 1
            self.missing += gap

    def report(self) -> dict[str, float]:
        """Return the figures, in milliseconds."""
        return quantiles(self.taken_ns) | {"received": self.received, "missing": self.missing}


def quantiles(taken_ns: list[int]) -> dict[str, float]:
    """Return p50, p99 and the longest, in milliseconds."""
    if not taken_ns:
        return {"p50": 0.0, "p99": 0.0, "max": 0.0, "count": 0}
    values = np.asarray(taken_ns) / 1e6
    p50, p99 = np.percentile(values, [50, 99])
    return {"p50": float(p50), "p99": float(p99), "max": float(values.max()), "count": len(taken_ns)}
