"""What workers count arrives in the metrics."""

import os

from prometheus_client import CollectorRegistry, generate_latest

from services.dialer_worker.process.metrics import Figures
from services.dialer_worker.worker_counts import Count, Figure, tally_into
from shared.core.order import Priority
from tests.support.orders import NOON, after


def exposition(figures: Figures, registry: CollectorRegistry) -> set[str]:
    return set(generate_latest(registry).decode().splitlines())


def test_counts_travel_through_a_pipe_into_the_metrics() -> None:
    reader, writer = os.pipe()
    tell = tally_into(writer)
    for count in (
        Count(Figure.PLACING, "placed"),
        Count(Figure.PLACING, "placed"),
        Count(Figure.TWILIO_ERROR, "20429"),
        Count(Figure.READY),
        Count(Figure.WORKERS, "2"),
    ):
        tell(count)
    registry = CollectorRegistry()
    figures = Figures(registry)
    figures.take(os.read(reader, 65536))
    os.close(reader)
    os.close(writer)
    assert {
        'dialer_placings_total{result="placed"} 2.0',
        'dialer_twilio_errors_total{code="20429"} 1.0',
        "dialer_worker_starts_total 1.0",
        "dialer_workers_alive 2.0",
    } <= exposition(figures, registry)
    assert figures.alive == 2


def test_a_full_or_broken_pipe_never_holds_up_a_call() -> None:
    reader, writer = os.pipe()
    tell = tally_into(writer)
    for _ in range(10_000):
        tell(Count(Figure.PLACING, "placed"))
    os.close(reader)
    tell(Count(Figure.READY))
    os.close(writer)


def test_a_line_that_is_none_of_ours_is_dropped() -> None:
    registry = CollectorRegistry()
    Figures(registry).take(b"nonsense 1\nready \n")
    assert registry.get_sample_value("dialer_worker_starts_total") == 1


def test_what_is_due_shows_how_late_it_is() -> None:
    registry = CollectorRegistry()
    figures = Figures(registry)
    figures.note_due({Priority.HIGH: 1, Priority.NORMAL: 4})
    figures.note_ages(call_at=after(4), care_at=NOON, now=after(7))
    assert registry.get_sample_value("dialer_calls_due", {"priority": "normal"}) == 4
    assert registry.get_sample_value("dialer_care_overdue_seconds") == 7
    assert registry.get_sample_value("dialer_call_overdue_seconds") == 3
    figures.note_ages(call_at=None, care_at=after(9), now=after(7))
    assert registry.get_sample_value("dialer_care_overdue_seconds") == 0
