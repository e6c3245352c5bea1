"""Twilio's words for how a call stands, and what they mean to us.

Source: Twilio, "Call resource: call status values", https://www.twilio.com/docs/voice/api/call-resource#call-status-values
"""

from collections.abc import Mapping
from enum import StrEnum

from shared.core.outcome import AttemptResult


class CallStatus(StrEnum):
    """How a call stands. A status of which this program does not know may come at any time and is no error."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"


_LINE_RESULTS: Mapping[str, AttemptResult | None] = {
    CallStatus.COMPLETED: None,  # somebody or something had answered: the conversation says what came of it
    CallStatus.BUSY: AttemptResult.BUSY,
    CallStatus.NO_ANSWER: AttemptResult.NO_ANSWER,
    CallStatus.FAILED: AttemptResult.FAILED,
    CallStatus.CANCELED: AttemptResult.FAILED,
}


def is_over(status: str) -> bool:
    """Tell whether a call of this status has come to an end, one way or another."""
    return status in _LINE_RESULTS


def is_unanswered(status: str) -> bool:
    """Tell whether a call of this status is on its way: nobody has picked up yet."""
    return status in {CallStatus.QUEUED, CallStatus.INITIATED, CallStatus.RINGING}


def line_result_of(status: str) -> AttemptResult | None:
    """Return what the line says by a call's status, None if it was answered (or if the status is not known)."""
    return _LINE_RESULTS.get(status)
