"""The figures of all the bridge's processes as one: whoever is asked adds the others' to its own."""

from collections.abc import Iterator

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from services.media_bridge.process.shared_memory import Siblings

_OURS_ALONE = frozenset({"process_start_time_seconds", "process_max_fds", "python_info", "service"})
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


class JointFigures(Collector):
    """One process's own figures, with those of its siblings, and of those before it that died, added: sums all."""

    def __init__(self, own: CollectorRegistry, siblings: Siblings) -> None:
        self._own = own
        self._siblings = siblings
        self._inherited = _by_name(_decode(siblings.inherited)) if siblings.inherited else {}

    def publish(self) -> None:
        """Let the siblings have our figures."""
        families = [
            _Family(metric.name, [_Sample(sample.name, dict(sample.labels), sample.value) for sample in metric.samples])
            for metric in self._of_this_number()
        ]
        self._siblings.publish(_encode(families))

    def collect(self) -> Iterator[Metric]:
        """Yield every figure once (Prometheus)."""
        others = [_by_name(_decode(figures)) for figures in self._siblings.others_figures()]
        for metric in self._of_this_number():
            if metric.name in _OURS_ALONE or not others:
                yield metric
            else:
                yield _sum(metric, [family for found in others if (family := found.get(metric.name)) is not None])

    def _of_this_number(self) -> Iterator[Metric]:
        """Yield our figures, with what a process that died had counted before us: a sum must not fall."""
        for metric in self._own.collect():
            before = self._inherited.get(metric.name)
            yield _sum(metric, [before]) if before is not None and metric.type in _ONLY_GROWS else metric

    def registry(self) -> CollectorRegistry:
        """Return what `expose` takes."""
        joint = CollectorRegistry(auto_describe=False)
        joint.register(self)
        return joint


def _by_name(families: list[_Family]) -> dict[str, _Family]:
    return {family.name: family for family in families}


def _sum(own: Metric, others: list[_Family]) -> Metric:
    values: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    samples = [_Sample(sample.name, dict(sample.labels), sample.value) for sample in own.samples]
    for sample in [*samples, *(sample for family in others for sample in family.samples)]:
        if sample.name.endswith("_created"):
            continue  # when one of them first counted says nothing about the sum
        key = (sample.name, tuple(sorted(sample.labels.items())))
        values[key] = values.get(key, 0.0) + sample.value
    joint = Metric(own.name, own.documentation, own.type, own.unit)
    for (name, labels), value in values.items():
        joint.add_sample(name, dict(labels), value)
    return joint
