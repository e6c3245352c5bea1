"""The metrics of all processes as one."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

from services.media_bridge.process.aggregate_metrics import AggregateMetrics
from services.media_bridge.process.shared_memory import BridgeSharedMemory
from shared.runtime.metrics import expose


class Process:
    """One of two, with a few metrics."""

    def __init__(self, number: int, memory: BridgeSharedMemory) -> None:
        memory.become(number)
        self.registry = CollectorRegistry()
        self.calls = Counter("calls", "Calls", ("end",), registry=self.registry)
        self.streams = Gauge("streams", "Streams", registry=self.registry)
        self.turn = Histogram("turn_seconds", "Turns", buckets=(0.1, 1.0), registry=self.registry)
        Info("service", "Which", registry=self.registry).info({"service": "media_bridge"})
        self.aggregate = AggregateMetrics(self.registry, memory)

    def text(self) -> list[str]:
        return expose(self.aggregate.registry(), "text/plain")[0].decode().splitlines()


def two() -> tuple[Process, Process]:
    first, second = BridgeSharedMemory(2), BridgeSharedMemory(2)
    second._memory, second._words, second._lock = first._memory, first._words, first._lock
    return Process(0, first), Process(1, second)


def test_counts_are_sums_of_all_processes() -> None:
    first, second = two()
    first.calls.labels(end="decided").inc(2)
    second.calls.labels(end="decided").inc(3)
    second.calls.labels(end="silence").inc()
    first.streams.set(4)
    second.streams.set(5)
    second.aggregate.publish()
    text = first.text()
    assert 'calls_total{end="decided"} 5.0' in text
    assert 'calls_total{end="silence"} 1.0' in text
    assert "streams 9.0" in text


def test_the_slowest_bucket_still_holds_all() -> None:
    first, second = two()
    first.turn.observe(0.05)
    second.turn.observe(0.5)
    second.aggregate.publish()
    text = first.text()
    assert 'turn_seconds_bucket{le="0.1"} 1.0' in text
    assert 'turn_seconds_bucket{le="+Inf"} 2.0' in text
    assert "turn_seconds_count 2.0" in text


def test_what_can_not_be_added_is_told_once() -> None:
    first, second = two()
    second.aggregate.publish()
    assert first.text().count('service_info{service="media_bridge"} 1.0') == 1


def test_one_process_alone_tells_its_own() -> None:
    first, _ = two()
    first.streams.set(4)
    assert "streams 4.0" in first.text()


def test_what_a_process_that_died_had_counted_stays_in_the_sum() -> None:
    first, second = two()
    first.calls.labels(end="decided").inc(2)
    second.calls.labels(end="decided").inc(3)
    second.turn.observe(0.5)
    second.streams.set(7)
    second.aggregate.publish()
    successor = Process(1, second.aggregate._shared_memory)
    assert 'calls_total{end="decided"} 5.0' in first.text()
    successor.calls.labels(end="decided").inc()
    successor.aggregate.publish()
    for process in (first, successor):
        first.aggregate.publish()
        assert 'calls_total{end="decided"} 6.0' in process.text()
        assert 'turn_seconds_bucket{le="+Inf"} 1.0' in process.text()
        assert "streams 0.0" in process.text()
