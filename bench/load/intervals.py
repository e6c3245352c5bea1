"""The intervals of a measurement, and which of them the machine's host and the harness did not disturb."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.report.latency import Delays, Span, quantiles

FAIR_MS = 1.0  # the limit for the harness's lateness, p99


@dataclass(frozen=True, slots=True)
class CounterReading:
    """A reading of the counters: the host's stolen ticks (`counters.stolen_ticks`), the time, the processor time of both sides."""

    stolen: int
    at_ns: int
    cpu_ns: int
    own_ns: int


@dataclass(frozen=True, slots=True)
class MeasuredInterval:
    """An interval of a measurement, with the counters shortly before and after it."""

    span: Span
    before: CounterReading
    after: CounterReading

    def is_fair(self, late: Delays) -> bool:
        """Whether the host stole no time and the harness was punctual; `late` are the harness's own delays."""
        return self.before.stolen == self.after.stolen and quantiles(late.within([self.span]))["p99"] < FAIR_MS


@dataclass(frozen=True, slots=True)
class CpuUse:
    """Processor time as a share of a core: of the measured process, and of the harness."""

    core: float
    own_core: float


def cpu_use(intervals: Sequence[MeasuredInterval]) -> CpuUse:
    """Return the total processor time used in these intervals."""
    took = sum(interval.after.at_ns - interval.before.at_ns for interval in intervals)
    cpu = sum(interval.after.cpu_ns - interval.before.cpu_ns for interval in intervals)
    own = sum(interval.after.own_ns - interval.before.own_ns for interval in intervals)
    return CpuUse(cpu / took, own / took)
