"""What the user asked for."""

import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How thoroughly to measure: `orders` is how many the memory per order is measured with, 0 leaves that out."""

    runs: int = 1
    is_quick: bool = False
    orders: int = 0

    def tell(self, progress: str) -> None:
        """Report progress."""
        sys.stderr.write(f"{progress}\n")
        sys.stderr.flush()
