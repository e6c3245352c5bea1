"""Retention: a finished confirmation is erased `RETENTION_DAYS` after its last change, or at once if its customer asked."""

from datetime import datetime, timedelta

from shared.core.confirmation import Confirmation


def keep_until(confirmation: Confirmation, *, retention_days: float) -> datetime:
    """Return when a finished confirmation is to be erased."""
    if confirmation.erasure_requested_at is not None:
        return confirmation.updated_at
    return confirmation.updated_at + timedelta(days=retention_days)
