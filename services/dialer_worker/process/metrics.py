"""The service's metrics: what its workers counted, and what Redis shows of the queue."""

from datetime import datetime

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from services.dialer_worker.worker_counts import Count, Figure
from shared.core.order import Priority

_log = structlog.get_logger(__name__)


class Figures:
    """All metrics of one process tree, in `registry`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._counters = {
            Figure.PLACING: Counter("dialer_placings", "Calls asked for, by what became of it", ["result"], registry=registry),
            Figure.TWILIO_ERROR: Counter(
                "dialer_twilio_errors",
                "Failed requests to Twilio, by error code, HTTP status or kind of failure",
                ["code"],
                registry=registry,
            ),
            Figure.CARE: Counter("dialer_care", "Confirmations looked after, by what was done", ["kind"], registry=registry),
            Figure.WEBHOOK: Counter(
                "dialer_webhooks", "Events sent to shops' endpoints, by what became of it", ["result"], registry=registry
            ),
            Figure.COUNTRY_REFUSED: Counter(
                "dialer_country_refused", "Numbers of countries that the account may not call", ["country"], registry=registry
            ),
        }
        self.alive = 0
        self._workers_alive = Gauge("dialer_workers_alive", "Worker processes", registry=registry)
        self._starts = Counter("dialer_worker_starts", "Worker processes that came up", registry=registry)
        self.queue_depth = Gauge("dialer_queue_depth", "Jobs that wait for a worker", registry=registry)
        self.calls_open = Gauge("dialer_calls_open", "Places taken among the calls at once", registry=registry)
        self.circuit_open = Gauge("dialer_circuit_open", "1 while dialing is paused for the account", registry=registry)
        self.parked = Gauge(
            "dialer_parked", "Confirmations and endpoints that nobody takes up until somebody says so", registry=registry
        )
        self._overdue = Gauge("dialer_calls_due", "Calls that are due now", ["priority"], registry=registry)
        self._call_age = Gauge("dialer_call_overdue_seconds", "How long the oldest due call has waited", registry=registry)
        self._care_age = Gauge("dialer_care_overdue_seconds", "How late the oldest due care is", registry=registry)

    def take(self, lines: bytes) -> None:
        """Count what the workers sent: whole lines."""
        for line in lines.splitlines():
            try:
                self._add(Count.read(line))
            except ValueError:
                _log.warning("figure_unreadable")

    def note_due(self, overdue: dict[Priority, int]) -> None:
        """Take over how many calls are due."""
        for priority, count in overdue.items():
            self._overdue.labels(priority.value).set(count)

    def note_ages(self, *, call_at: datetime | None, care_at: datetime | None, now: datetime) -> None:
        """Take over when the next call and the next care are due."""
        self._call_age.set(_late_s(call_at, now))
        self._care_age.set(_late_s(care_at, now))

    def _add(self, count: Count) -> None:
        match count.figure:
            case Figure.READY:
                self._starts.inc()
            case Figure.WORKERS:
                self.alive = int(count.label)
                self._workers_alive.set(self.alive)
            case figure:
                self._counters[figure].labels(count.label).inc()


def _late_s(due_at: datetime | None, now: datetime) -> float:
    return 0.0 if due_at is None else max((now - due_at).total_seconds(), 0.0)
