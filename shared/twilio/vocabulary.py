"""Twilio's words for how a call stands, and what they mean to us.

Source: Twilio, "Call resource: call status values", https://www.twilio.com/docs/voice/api/call-resource#call-status-values
"""

from collections.abc import Mapping
from enum import StrEnum

from shared.core.outcome import AttemptResult

DECLINED_SIP_CODES = frozenset({"603", "607", "608"})
"""The callee, or somebody on their behalf, rejected the call. Source: RFC 3261 (603), RFC 8197 (607), RFC 8688 (608);
https://www.twilio.com/docs/api/errors/31603."""


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


_UNANSWERED_ENDS = frozenset({CallStatus.BUSY, CallStatus.NO_ANSWER, CallStatus.FAILED})


def is_over(status: str) -> bool:
    """Tell whether a call of this status has come to an end, one way or another."""
    return status in _LINE_RESULTS


def is_unanswered(status: str) -> bool:
    """Tell whether a call of this status is on its way: nobody has picked up yet."""
    return status in {CallStatus.QUEUED, CallStatus.INITIATED, CallStatus.RINGING}


def line_result_of(status: str, sip_code: str = "") -> AttemptResult | None:
    """Return what the line says by a call's status, None if it was answered (or if the status is not known).

    `sip_code` is the `SipResponseCode` of the callback: the status alone does not tell a declined call from a busy one.
    """
    if sip_code in DECLINED_SIP_CODES and status in _UNANSWERED_ENDS:
        return AttemptResult.DECLINED
    return _LINE_RESULTS.get(status)
