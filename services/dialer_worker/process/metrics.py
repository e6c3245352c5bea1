"""The service's metrics: what its workers counted, and what the control process read in Redis."""

from collections.abc import Mapping
from datetime import datetime

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from services.dialer_worker.worker_counts import CountKind, WorkerCount
from shared.core.order import Priority

_log = structlog.get_logger(__name__)


class DialerMetrics:
    """All metrics of the control process and its workers, in `registry`. `workers_alive` is how many workers there are."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._counters = {
            CountKind.PLACING: Counter("dialer_placings", "Calls asked for, by what became of it", ["result"], registry=registry),
            CountKind.TWILIO_ERROR: Counter(
                "dialer_twilio_errors",
                "Failed requests to Twilio, by error code, HTTP status or kind of failure",
                ["code"],
                registry=registry,
            ),
            CountKind.CARE: Counter("dialer_care", "Confirmations looked after, by what was done", ["kind"], registry=registry),
            CountKind.WEBHOOK: Counter(
                "dialer_webhooks", "Events sent to shops' endpoints, by what became of it", ["result"], registry=registry
            ),
            CountKind.SPEND_LIMIT: Counter(
                "dialer_spend_limit_reached", "Times a shop reached SPEND_LIMIT_USD", ["shop"], registry=registry
            ),
            CountKind.COUNTRY_REFUSED: Counter(
                "dialer_country_refused", "Numbers of countries that the account may not call", ["country"], registry=registry
            ),
        }
        self.workers_alive = 0
        self._workers_alive = Gauge("dialer_workers_alive", "Worker processes", registry=registry)
        self._starts = Counter("dialer_worker_starts", "Worker processes that came up", registry=registry)
        self.queue_depth = Gauge("dialer_queue_depth", "Jobs that wait for a worker", registry=registry)
        self.calls_open = Gauge("dialer_calls_open", "Places taken among the calls at once", registry=registry)
        self.circuit_open = Gauge("dialer_circuit_open", "1 while dialing is paused for the account", registry=registry)
        self.parked = Gauge(
            "dialer_parked", "Confirmations and endpoints that nobody takes up until somebody says so", registry=registry
        )
        self._calls_due = Gauge("dialer_calls_due", "Calls that are due now", ["priority"], registry=registry)
        self._call_delay = Gauge("dialer_call_overdue_seconds", "How long the oldest due call has waited", registry=registry)
        self._care_delay = Gauge("dialer_care_overdue_seconds", "How late the oldest due care is", registry=registry)

    def add_lines(self, lines: bytes) -> None:
        """Add the counts that came through the pipe: whole lines."""
        for line in lines.splitlines():
            try:
                self._add(WorkerCount.from_line(line))
            except ValueError:
                _log.warning("figure_unreadable")

    def set_due(self, calls_due: Mapping[Priority, int]) -> None:
        """Set how many calls are due, by priority."""
        for priority, number in calls_due.items():
            self._calls_due.labels(priority.value).set(number)

    def set_delays(self, *, call_at: datetime | None, reconcile_at: datetime | None, now: datetime) -> None:
        """Set how late the next call and reconciliation are at `now`; the arguments say when they are due, None if none is."""
        self._call_delay.set(_late_s(call_at, now))
        self._care_delay.set(_late_s(reconcile_at, now))

    def _add(self, count: WorkerCount) -> None:
        match count.kind:
            case CountKind.READY:
                self._starts.inc()
            case CountKind.WORKERS:
                self.workers_alive = int(count.label)
                self._workers_alive.set(self.workers_alive)
            case kind:
                self._counters[kind].labels(count.label).inc()


def _late_s(due_at: datetime | None, now: datetime) -> float:
    return 0.0 if due_at is None else max((now - due_at).total_seconds(), 0.0)
