"""When a confirmation must be reconciled, and what the reconciler must do then. Both follow from one list of tasks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from shared.core.confirmation import Attempt, Confirmation, Phase
from shared.core.dialing.dial_policy import DialPolicy
from shared.core.outcome import Status, WaitingFor
from shared.core.retention import keep_until

SECOND_LOOK_S = 15.0  # Twilio's list is asked once more for a call that it did not hold (or `reconcile_after_s` later)
QUEUE_AFTER_S = 2.0  # a call that is due but held up by the limits this long is shown as queued


class Reconciliation(Enum):
    """What the reconciler does for a confirmation; placing its calls is not part of it."""

    NOTHING = auto()  # it was looked at too early, or somebody else was quicker
    ERASE = auto()  # its time is over: forget it
    ERASE_UNREAD = auto()  # the same, though a consumer group of the CRM had not acknowledged the outcome
    KEEP_UNREAD = auto()  # keep it a while longer for such a group
    PLAN = auto()  # ask the dial policy: it expired, or a call that was due has been held up
    SIMULATE_CALL = auto()  # a test order's call was broken off: play it to its end (the job does that itself)
    FIND_CALL = auto()  # ask Twilio's list whether the call was placed
    CANCEL_CALL = auto()  # the shop took the order back while it rings
    CANCEL_RUNG_CALL = auto()  # the customer whom we ring phoned us: our own call is not needed any more
    END_CALL = auto()  # the call is over and the bridge has not told the end of the conversation: wait for it no longer
    HANG_UP = auto()  # the conversation is done and the call's end was not heard
    LOOK_UP_CALL = auto()  # the call must be over by now: ask Twilio what became of it


@dataclass(frozen=True, slots=True)
class Wakes:
    """When to look again: `dial_at` to place a call (subject to the limits), `reconcile_at` for all else; None for never."""

    dial_at: datetime | None
    reconcile_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Task:
    """A kind of reconciliation, and the moment from which on it is due."""

    kind: Reconciliation
    at: datetime


def wakes(confirmation: Confirmation, policy: DialPolicy) -> Wakes:
    """Return when the confirmation must be looked at again, whatever else happens."""
    return Wakes(_dial_at(confirmation), min((task.at for task in _tasks(confirmation, policy)), default=None))


def due_reconciliation(confirmation: Confirmation, policy: DialPolicy, now: datetime) -> Reconciliation:
    """Tell what is to be done now: nothing before the moments of `wakes`.

    A call that is due and could not be placed is planned: it may be shown as queued before `reconcile_at` says so.
    """
    due = next((task.kind for task in _tasks(confirmation, policy) if now >= task.at), None)
    if due is not None:
        return due
    dial_at = _dial_at(confirmation)
    is_call_due = dial_at is not None and now >= dial_at
    return Reconciliation.PLAN if is_call_due or _must_be_planned(confirmation) else Reconciliation.NOTHING


def call_must_be_over_at(attempt: Attempt, policy: DialPolicy) -> datetime:
    """Return when a call without news is looked up at Twilio."""
    limit_s = policy.ring_timeout_s + policy.call_time_limit_s + 15
    return attempt.placed_at + timedelta(seconds=limit_s)


def _dial_at(confirmation: Confirmation) -> datetime | None:
    """Return when a call is to be placed: not while another one of ours may be ringing.

    A test order takes no place among the calls, so it is never dialled. An order that waits for the account is planned first:
    many would take the places of those that may be called.
    """
    is_busy = confirmation.open_attempt is not None or bool(confirmation.rung_attempts)
    is_callable = not (confirmation.is_finished or confirmation.is_test or is_busy)
    return confirmation.next_attempt_at if is_callable and confirmation.waiting_for is not WaitingFor.ACCOUNT else None


def _must_be_planned(confirmation: Confirmation) -> bool:
    return confirmation.is_unplanned and confirmation.open_attempt is None and not confirmation.is_finished


def _tasks(confirmation: Confirmation, policy: DialPolicy) -> Iterator[_Task]:
    """Yield what will have to be done; of several that are due the first is done."""
    attempt = confirmation.open_attempt
    yield from _tasks_of_rung_calls(confirmation)
    if confirmation.is_finished:
        if attempt is not None:  # the customer phoned us once more
            yield from _tasks_of_call(confirmation, attempt, policy)
        yield _Task(Reconciliation.ERASE, keep_until(confirmation, retention_days=policy.retention_days))
    elif attempt is None:
        yield from _tasks_of_waiting(confirmation)
    elif confirmation.is_test:
        yield _Task(Reconciliation.SIMULATE_CALL, attempt.placed_at)
    elif attempt.phase is Phase.PLACING:
        yield _Task(Reconciliation.FIND_CALL, _call_is_looked_for_at(attempt, policy))
    else:
        yield from _tasks_of_call(confirmation, attempt, policy)


def _tasks_of_rung_calls(confirmation: Confirmation) -> Iterator[_Task]:
    """Yield what is to be done about calls of ours whose place a caller took, also when the caller's is over."""
    for attempt in confirmation.rung_attempts:
        yield _Task(Reconciliation.CANCEL_RUNG_CALL, attempt.joined_at or attempt.placed_at)


def _tasks_of_waiting(confirmation: Confirmation) -> Iterator[_Task]:
    call_at, expires_at = confirmation.next_attempt_at, confirmation.call.expires_at
    wait_ends_at = confirmation.account_wait_ends_at
    if wait_ends_at is not None:
        yield _Task(Reconciliation.PLAN, wait_ends_at if call_at is None else min(call_at, wait_ends_at))
    if expires_at is not None:
        yield _Task(Reconciliation.PLAN, expires_at)
    if call_at is not None and confirmation.is_test:
        yield _Task(Reconciliation.SIMULATE_CALL, call_at)
    elif call_at is not None and confirmation.status is Status.WAITING:
        yield _Task(Reconciliation.PLAN, call_at + timedelta(seconds=QUEUE_AFTER_S))


def _tasks_of_call(confirmation: Confirmation, attempt: Attempt, policy: DialPolicy) -> Iterator[_Task]:
    """Yield what an open call of which Twilio knows will need: to be ended, cancelled, hung up or looked up."""
    if attempt.held_call_end is not None:
        yield _Task(Reconciliation.END_CALL, attempt.held_call_end.waits_until)
        return
    if confirmation.withdrawn_at is not None and attempt.phase is Phase.PLACED:
        yield _Task(Reconciliation.CANCEL_CALL, confirmation.withdrawn_at)
    if attempt.stream_closed_at is not None:
        yield _Task(Reconciliation.HANG_UP, attempt.stream_closed_at + timedelta(seconds=policy.hangup_grace_s))
    yield _Task(Reconciliation.LOOK_UP_CALL, call_must_be_over_at(attempt, policy))


def _call_is_looked_for_at(attempt: Attempt, policy: DialPolicy) -> datetime:
    """Return when Twilio's call list is asked for a placing without news: twice, for a list may lag behind."""
    if attempt.missing_since is None:
        return attempt.placed_at + timedelta(seconds=policy.reconcile_after_s)
    return attempt.missing_since + timedelta(seconds=min(SECOND_LOOK_S, policy.reconcile_after_s))
