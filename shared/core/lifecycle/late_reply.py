"""A customer who phones us after the order was finished: the outcome never changes, but the shop is told what was added."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from shared.core.confirmation import Attempt, Confirmation
from shared.core.lifecycle.call_end import evidence_of
from shared.core.lifecycle.changes import Transition
from shared.core.lifecycle.facts import AttemptFact, InboundCallArrived, VerdictGiven
from shared.core.lifecycle.placing import begun
from shared.core.lifecycle.shop_event import EventType, shop_event
from shared.core.outcome import Outcome, Status, VerdictKind

LATE_REPLY_WITHIN: Final = timedelta(hours=48)

Apply = Callable[[Confirmation, Attempt, AttemptFact], Transition]


def takes_late_reply(confirmation: Confirmation, fact: InboundCallArrived) -> bool:
    """Tell whether the customer may still add something: a finished confirmation's last change was its end."""
    is_taken_back = confirmation.outcome is Outcome.WITHDRAWN or confirmation.erasure_requested_at is not None
    return not is_taken_back and fact.at <= confirmation.updated_at + LATE_REPLY_WITHIN


def late_call_began(confirmation: Confirmation, fact: InboundCallArrived) -> Transition:
    """Open an attempt on a finished confirmation; the shop is told nothing of it yet."""
    if not takes_late_reply(confirmation, fact):
        return Transition(confirmation)
    return _with_attempts_of(begun(_reopened(confirmation), fact), confirmation)


def in_late_call(confirmation: Confirmation, attempt: Attempt, fact: AttemptFact, apply: Apply) -> Transition:
    """Apply a fact about an attempt on a finished confirmation; at its end the shop is told what a person decided in it."""
    if isinstance(fact, VerdictGiven) and attempt.is_unproven:
        return Transition(confirmation)  # not even a call back: nobody is called about it any more
    told = _with_attempts_of(apply(_reopened(confirmation), attempt, fact), confirmation)
    ended = told.confirmation.attempts[-1]
    if ended.is_open or ended.verdict is None or ended.verdict.kind is VerdictKind.MACHINE:
        return told
    numbered = replace(told.confirmation, sequence=confirmation.sequence + 1)
    event = replace(shop_event(numbered, EventType.LATE_REPLY), at=fact.at, evidence=evidence_of(ended.number, ended.verdict))
    return Transition(numbered, (event,))


def _reopened(confirmation: Confirmation) -> Confirmation:
    """Return the confirmation as if it were in a call, for the functions that know nothing of late calls."""
    return replace(confirmation, status=Status.IN_CALL, outcome=None, evidence=None)


def _with_attempts_of(told: Transition, confirmation: Confirmation) -> Transition:
    """Return the finished confirmation with nothing changed but its attempts."""
    attempts = told.confirmation.attempts
    return Transition(confirmation if attempts == confirmation.attempts else replace(confirmation, attempts=attempts))
