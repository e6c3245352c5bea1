"""The user's options."""

import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How thoroughly to measure. `orders` is the number of orders for the memory per order; 0 leaves that out."""

    runs: int = 1
    is_quick: bool = False
    orders: int = 0

    def tell(self, progress: str) -> None:
        """Report progress."""
        sys.stderr.write(f"{progress}\n")
        sys.stderr.flush()
