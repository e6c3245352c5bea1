"""What RQ calls by name. A job is a wake-up: it carries an id, and the record says what is to be done."""

from contextvars import ContextVar

from services.dialer_worker.desk import Desk

DESK: ContextVar[Desk] = ContextVar("desk")
"""The worker process's own; set before the first job."""


def attend(confirmation_id: str) -> None:
    """Look at the confirmation and do what it needs now."""
    DESK.get().attend(confirmation_id)


def deliver(endpoint_id: str) -> None:
    """Deliver what is due at the endpoint."""
    DESK.get().deliver(endpoint_id)
