"""The metrics of all the bridge's processes in one exposition: the process that is asked adds the others' to its own.

Why not prometheus_client's multiprocess mode: docs/decisions/0032.
"""

from collections.abc import Iterator

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from services.media_bridge.process.shared_memory import BridgeSharedMemory

_NOT_ADDED = frozenset({"process_start_time_seconds", "process_max_fds", "python_info", "service"})
_ONLY_GROWS = frozenset({"counter", "histogram"})


class _Sample(msgspec.Struct, array_like=True):
    name: str
    labels: dict[str, str]
    value: float


class _Family(msgspec.Struct, array_like=True):
    name: str
    samples: list[_Sample]


_decode = msgspec.msgpack.Decoder(list[_Family]).decode
_encode = msgspec.msgpack.Encoder().encode


class AggregateMetrics(Collector):
    """One process's own metrics, plus those of the other processes, plus what a process that it replaces had counted."""

    def __init__(self, own: CollectorRegistry, shared_memory: BridgeSharedMemory) -> None:
        self._own = own
        self._shared_memory = shared_memory
        self._inherited = _by_name(_decode(shared_memory.inherited)) if shared_memory.inherited else {}

    def publish(self) -> None:
        """Give the other processes our metrics."""
        families = [
            _Family(metric.name, [_Sample(sample.name, dict(sample.labels), sample.value) for sample in metric.samples])
            for metric in self._own_and_inherited()
        ]
        self._shared_memory.publish(_encode(families))

    def collect(self) -> Iterator[Metric]:
        """Yield every metric once; prometheus_client calls this for each exposition."""
        others = [_by_name(_decode(metrics)) for metrics in self._shared_memory.others_metrics()]
        for metric in self._own_and_inherited():
            if metric.name in _NOT_ADDED or not others:
                yield metric
            else:
                yield _sum(metric, [family for found in others if (family := found.get(metric.name)) is not None])

    def _own_and_inherited(self) -> Iterator[Metric]:
        """Yield our metrics, plus what the process before us had counted when it died: a sum must not fall."""
        for metric in self._own.collect():
            before = self._inherited.get(metric.name)
            yield _sum(metric, [before]) if before is not None and metric.type in _ONLY_GROWS else metric

    def registry(self) -> CollectorRegistry:
        """Return what `expose` takes."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return registry


def _by_name(families: list[_Family]) -> dict[str, _Family]:
    return {family.name: family for family in families}


def _sum(own: Metric, others: list[_Family]) -> Metric:
    values: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    samples = [_Sample(sample.name, dict(sample.labels), sample.value) for sample in own.samples]
    for sample in [*samples, *(sample for family in others for sample in family.samples)]:
        if sample.name.endswith("_created"):
            continue  # when one of them counted first says nothing about the sum
        key = (sample.name, tuple(sorted(sample.labels.items())))
        values[key] = values.get(key, 0.0) + sample.value
    total = Metric(own.name, own.documentation, own.type, own.unit)
    for (name, labels), value in values.items():
        total.add_sample(name, dict(labels), value)
    return total
