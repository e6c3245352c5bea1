"""A transition, and the next call that the dial policy plans after it: the store commits both as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from shared.core.confirmation import Confirmation
from shared.core.dialing.caps import Hold
from shared.core.dialing.dial_policy import DialAt, DialNow, DialPolicy, GiveUp, decide
from shared.core.dialing.reconciliation import Wakes, wakes
from shared.core.lifecycle.changes import Transition
from shared.core.lifecycle.facts import AttemptBegun, Fact, GivenUp, Scheduled, VerdictGiven
from shared.core.lifecycle.transition import transition
from shared.core.outcome import VerdictKind


@dataclass(frozen=True, slots=True)
class PlannedTransition:
    """All that one fact leads to.

    `wakes` says when to look again; `opts_out` whether the customer's number goes on the shop's do-not-call list,
    which holds whatever becomes of the confirmation; `is_changed` whether the confirmation is another than before.
    """

    transition: Transition
    wakes: Wakes
    opts_out: bool
    is_changed: bool

    @property
    def confirmation(self) -> Confirmation:
        """The confirmation as it stands after the fact."""
        return self.transition.confirmation


def apply_fact(confirmation: Confirmation, fact: Fact, policy: DialPolicy, now: datetime) -> PlannedTransition:
    """Apply `fact`, then plan the next call or give up if the fact left that open.

    A call that may not begin at this moment is planned anew instead.
    """
    if isinstance(fact, AttemptBegun) and not _may_begin(confirmation, policy, now):
        told = _replanned(Transition(confirmation), policy, now)
    else:
        told = transition(confirmation, fact)
        if told.confirmation.is_unplanned:
            told = _replanned(told, policy, now)
    return PlannedTransition(
        told, wakes(told.confirmation, policy), _opts_out(confirmation, fact), told.confirmation is not confirmation
    )


def apply_facts(confirmation: Confirmation, facts: Sequence[Fact], policy: DialPolicy, now: datetime) -> PlannedTransition:
    """Apply `facts` one after the other, as one step."""
    last = PlannedTransition(Transition(confirmation), wakes(confirmation, policy), opts_out=False, is_changed=False)
    shop_events, opts_out = last.transition.shop_events, False
    for fact in facts:
        last = apply_fact(last.confirmation, fact, policy, now)
        shop_events += last.transition.shop_events
        opts_out = opts_out or last.opts_out
    told = Transition(last.confirmation, shop_events)
    return PlannedTransition(told, last.wakes, opts_out, last.confirmation is not confirmation)


def plan(confirmation: Confirmation, policy: DialPolicy, now: datetime, hold: Hold | None = None) -> Fact | None:
    """Return what the dial policy says now of a confirmation without an open attempt, as a fact; None if one is open.

    `hold` is what holds the order: a cap, or the telephone account.
    """
    if confirmation.open_attempt is not None or confirmation.is_finished:
        return None
    match decide(confirmation, policy, now, hold):
        case DialNow():
            call_at = confirmation.next_attempt_at or now
            return Scheduled(at=now, call_at=call_at, is_due=True)
        case DialAt(at=at, waiting_for=waiting_for):
            return Scheduled(at=now, call_at=at, is_due=False, waiting_for=waiting_for)
        case GiveUp(outcome=outcome):
            return GivenUp(at=now, outcome=outcome)
        case _ as never:  # pragma: no cover
            assert_never(never)


def _opts_out(confirmation: Confirmation, fact: Fact) -> bool:
    """Tell whether the number asks for no more calls of the shop: in one of our calls to it, or where a caller's number is trusted.

    A caller's proof shows who knows one order, and not whose number it is: it ends that order, and silences none that follow.
    """
    if not isinstance(fact, VerdictGiven) or fact.verdict.kind is not VerdictKind.OPTED_OUT:
        return False
    attempt = next((attempt for attempt in confirmation.attempts if attempt.id == fact.attempt_id), None)
    return attempt is not None and not attempt.must_prove


def _may_begin(confirmation: Confirmation, policy: DialPolicy, now: datetime) -> bool:
    """Tell whether a call may be placed at this very moment."""
    is_free = confirmation.open_attempt is None and not confirmation.is_finished
    return is_free and isinstance(decide(confirmation, policy, now), DialNow)


def _replanned(told: Transition, policy: DialPolicy, now: datetime) -> Transition:
    """Apply what the dial policy says now; its events follow those of `told`."""
    fact = plan(told.confirmation, policy, now)
    if fact is None:
        return told
    planned = transition(told.confirmation, fact)
    return Transition(planned.confirmation, told.shop_events + planned.shop_events)
