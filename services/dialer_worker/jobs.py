"""The functions that RQ calls by name. A job is a wake-up: it carries an id, and the record says what is to be done."""

from contextvars import ContextVar
from typing import Protocol

from shared.store import Work


class JobRunner(Protocol):
    """What runs the jobs of a worker process. Both methods return when there is room for another job."""

    def run_confirmation(self, confirmation_id: str, work: Work) -> None:
        """Do what a confirmation needs now; `work` says why it was woken."""
        ...

    def run_delivery(self, endpoint_id: str) -> None:
        """Deliver what is due at an endpoint."""
        ...


JOB_RUNNER: ContextVar[JobRunner] = ContextVar("job_runner")
"""The worker process's own; set before the first job."""


def dial(confirmation_id: str) -> None:
    """Do what a confirmation needs that was granted a call."""
    JOB_RUNNER.get().run_confirmation(confirmation_id, Work.DIAL)


def attend(confirmation_id: str) -> None:
    """Reconcile a confirmation that is due for it. Jobs in Redis hold this function's name."""
    JOB_RUNNER.get().run_confirmation(confirmation_id, Work.RECONCILIATION)


def deliver(endpoint_id: str) -> None:
    """Deliver what is due at an endpoint."""
    JOB_RUNNER.get().run_delivery(endpoint_id)
