"""What a confirmation that is due for care needs at this moment; pure."""

from datetime import datetime, timedelta
from enum import Enum, auto

from shared.core.confirmation import Attempt, Confirmation, Phase
from shared.core.dialing.dial_policy import DialPolicy, call_is_looked_for_at, call_must_be_over_at, keep_until


class Care(Enum):
    """The kinds of care, each described by what the reconciler then does."""

    NOTHING = auto()  # it was looked at too early, or somebody else was quicker
    ERASE = auto()  # its time is over: forget it
    ERASE_UNREAD = auto()  # the same, though a consumer group of the CRM had not acknowledged the outcome
    KEEP_UNREAD = auto()  # keep it a while longer for such a group
    PLAN = auto()  # ask the dial policy: it expired, or a call that was due has been held up
    FIND_CALL = auto()  # ask Twilio's list whether the call was placed
    CANCEL_CALL = auto()  # the shop took the order back while it rings
    HANG_UP = auto()  # the conversation is done and the call's end was not heard
    LOOK_UP_CALL = auto()  # the call must be over by now: ask Twilio what became of it


def care_for(confirmation: Confirmation, policy: DialPolicy, now: datetime) -> Care:
    """Tell what is to be done now."""
    attempt = confirmation.open_attempt
    if confirmation.is_finished:
        return Care.ERASE if now >= keep_until(confirmation, policy) else Care.NOTHING
    if attempt is None:
        return Care.PLAN
    if attempt.phase is Phase.PLACING:
        return Care.FIND_CALL if now >= call_is_looked_for_at(attempt, policy) else Care.NOTHING
    if confirmation.withdrawn_at is not None and attempt.phase is Phase.PLACED:
        return Care.CANCEL_CALL
    if _is_left_hanging(attempt, policy, now):
        return Care.HANG_UP
    return Care.LOOK_UP_CALL if now >= call_must_be_over_at(attempt, policy) else Care.NOTHING


def _is_left_hanging(attempt: Attempt, policy: DialPolicy, now: datetime) -> bool:
    closed_at = attempt.stream_closed_at
    return closed_at is not None and now >= closed_at + timedelta(seconds=policy.hangup_grace_s)
