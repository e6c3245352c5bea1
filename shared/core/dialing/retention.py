"""Retention: a finished confirmation is erased `RETENTION_DAYS` after its last change, or at once if its customer asked."""

from datetime import datetime, timedelta

from shared.core.confirmation import Confirmation
from shared.core.dialing.dial_policy import DialPolicy


def keep_until(confirmation: Confirmation, policy: DialPolicy) -> datetime:
    """Return when a finished confirmation is to be erased."""
    if confirmation.erasure_requested_at is not None:
        return confirmation.updated_at
    return confirmation.updated_at + timedelta(days=policy.retention_days)
