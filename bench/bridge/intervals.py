"""The stretches that a turn of measuring is cut into, and which of them the machine's host and the harness left undisturbed."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.report.latency import Delays, Span, quantiles

FAIR_MS = 1.0  # how late the harness may be, p99


@dataclass(frozen=True, slots=True)
class Reading:
    """What the counters stood at: the host's thefts (`counters.stolen_ticks`), the time, the processor time of both sides."""

    stolen: int
    at_ns: int
    cpu_ns: int
    own_ns: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A while in which was measured, and the counters some time before and after it."""

    span: Span
    before: Reading
    after: Reading

    def is_fair(self, late: Delays) -> bool:
        """Whether the host took nothing, and the harness was in time; `late` are its own delays."""
        return self.before.stolen == self.after.stolen and quantiles(late.within([self.span]))["p99"] < FAIR_MS


@dataclass(frozen=True, slots=True)
class Used:
    """Processor time in shares of a core: of what is measured, and of the harness."""

    core: float
    own_core: float


def used(stretches: Sequence[Stretch]) -> Used:
    """Return what was used in these stretches together."""
    took = sum(stretch.after.at_ns - stretch.before.at_ns for stretch in stretches)
    cpu = sum(stretch.after.cpu_ns - stretch.before.cpu_ns for stretch in stretches)
    own = sum(stretch.after.own_ns - stretch.before.own_ns for stretch in stretches)
    return Used(cpu / took, own / took)
