"""Compares two alternating measurements, with a confidence range: the host's own speed changes more from minute to minute."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_RESAMPLES = 2_000
_SEED = 1  # the same figures always give the same range


@dataclass(frozen=True, slots=True)
class Compared:
    """The ratio of the two, and the range that would contain 90 of 100 repetitions."""

    ratio: float
    low: float
    high: float


def compare(ones: ArrayLike, others: ArrayLike) -> Compared:
    """Compare two series pair by pair; the values of a pair were measured one directly after the other.

    Returns the Hodges-Lehmann estimate of the pairs' ratios (on a logarithmic scale) with the range from its bootstrap.
    """
    logs = np.log(np.asarray(ones) / np.asarray(others))
    chosen = np.random.default_rng(_SEED).choice(logs, (_RESAMPLES, len(logs)))
    low, high = np.percentile([_middle(sample) for sample in chosen], [5, 95])
    return Compared(*(float(np.exp(value)) for value in (_middle(logs), low, high)))


def _middle(values: NDArray[np.float64]) -> float:
    """Return the median of the means of all pairs of values, including each value with itself."""
    first, second = np.triu_indices(len(values))
    return float(np.median((values[first] + values[second]) / 2))
