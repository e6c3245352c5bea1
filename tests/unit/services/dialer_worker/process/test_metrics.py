"""What workers count arrives in the metrics."""

import os

from prometheus_client import CollectorRegistry, generate_latest

from services.dialer_worker.process.metrics import DialerMetrics
from services.dialer_worker.worker_counts import CountKind, WorkerCount, report_counts_to
from shared.core.order import Priority
from tests.support.orders import NOON, after


def exposition(metrics: DialerMetrics, registry: CollectorRegistry) -> set[str]:
    return set(generate_latest(registry).decode().splitlines())


def test_counts_travel_through_a_pipe_into_the_metrics() -> None:
    reader, writer = os.pipe()
    report = report_counts_to(writer)
    for count in (
        WorkerCount(CountKind.PLACING, "placed"),
        WorkerCount(CountKind.PLACING, "placed"),
        WorkerCount(CountKind.TWILIO_ERROR, "20429"),
        WorkerCount(CountKind.READY),
        WorkerCount(CountKind.WORKERS, "2"),
    ):
        report(count)
    registry = CollectorRegistry()
    metrics = DialerMetrics(registry)
    metrics.add_lines(os.read(reader, 65536))
    os.close(reader)
    os.close(writer)
    assert {
        'dialer_placings_total{result="placed"} 2.0',
        'dialer_twilio_errors_total{code="20429"} 1.0',
        "dialer_worker_starts_total 1.0",
        "dialer_workers_alive 2.0",
    } <= exposition(metrics, registry)
    assert metrics.workers_alive == 2


def test_a_full_or_broken_pipe_never_holds_up_a_call() -> None:
    reader, writer = os.pipe()
    report = report_counts_to(writer)
    for _ in range(10_000):
        report(WorkerCount(CountKind.PLACING, "placed"))
    os.close(reader)
    report(WorkerCount(CountKind.READY))
    os.close(writer)


def test_an_unreadable_line_is_dropped() -> None:
    registry = CollectorRegistry()
    DialerMetrics(registry).add_lines(b"nonsense 1\nready \n")
    assert registry.get_sample_value("dialer_worker_starts_total") == 1


def test_what_is_due_shows_how_late_it_is() -> None:
    registry = CollectorRegistry()
    metrics = DialerMetrics(registry)
    metrics.set_due({Priority.HIGH: 1, Priority.NORMAL: 4})
    metrics.set_delays(call_at=after(4), reconcile_at=NOON, now=after(7))
    assert registry.get_sample_value("dialer_calls_due", {"priority": "normal"}) == 4
    assert registry.get_sample_value("dialer_care_overdue_seconds") == 7
    assert registry.get_sample_value("dialer_call_overdue_seconds") == 3
    metrics.set_delays(call_at=None, reconcile_at=after(9), now=after(7))
    assert registry.get_sample_value("dialer_care_overdue_seconds") == 0
