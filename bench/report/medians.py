"""Several runs of one measurement, joined: the median of each figure."""

from collections.abc import Hashable, Mapping, Sequence
from statistics import median
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)


def medians(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the median of each figure of the first run, over all runs."""
    return {what: median(run[what] for run in runs) for what in runs[0]}


def medians_by(runs: Sequence[Mapping[Name, Mapping[str, float]]]) -> dict[Name, dict[str, float]]:
    """Return the same for runs that hold figures of several things, by the name of the thing."""
    return {name: medians([run[name] for run in runs]) for name in runs[0]}
