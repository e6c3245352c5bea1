"""What RQ calls by name. A job is a wake-up: it carries an id, and the record says what is to be done."""

from contextvars import ContextVar

from services.dialer_worker.process.loop_thread import Desk
from shared.store import Work

DESK: ContextVar[Desk] = ContextVar("desk")
"""The worker process's own; set before the first job."""


def dial(confirmation_id: str) -> None:
    """Look at the confirmation, which was granted a call, and do what it needs now."""
    DESK.get().attend(confirmation_id, Work.DIAL)


def attend(confirmation_id: str) -> None:
    """Look at the confirmation, which is due for care, and do what it needs now."""
    DESK.get().attend(confirmation_id, Work.UPKEEP)


def deliver(endpoint_id: str) -> None:
    """Deliver what is due at the endpoint."""
    DESK.get().deliver(endpoint_id)
