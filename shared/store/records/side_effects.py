"""What a commit changes besides the record: due times, listing, events, messages. Pure; `lua/prelude.lua` applies it."""

import hashlib
from datetime import datetime, timedelta
from decimal import ROUND_CEILING

import msgspec

from shared.core.confirmation import Attempt, Confirmation
from shared.core.dialing.caps import CallCap, Caps, spent_usd
from shared.core.dialing.dial_policy import DialPolicy
from shared.core.dialing.planned_transition import PlannedTransition
from shared.core.dialing.reconciliation import Wakes, call_must_be_over_at, wakes
from shared.core.lifecycle.envelope import envelope
from shared.core.lifecycle.shop_event import ShopEvent
from shared.core.outcome import Direction
from shared.core.test_data import owner_of
from shared.store import keys
from shared.store.records.cap_arguments import MICRO_USD, part_ms
from shared.store.records.codec import compact, listing_key, to_ms

SideEffect = tuple[str | int, ...]
"""A Redis command, or `@set_dial`, `@add_spend` or `@publish_event` with its arguments."""

_NEVER = Wakes(None, None)
_AT_ONCE = timedelta(seconds=0.1)
_LEASE_MARGIN = timedelta(seconds=60)  # so that no call that goes on stops counting while a request to Twilio is slow


def of_submission(step: PlannedTransition, policy: DialPolicy, dataschema: str) -> list[SideEffect]:
    """Return the side effects of a new confirmation; its events name `dataschema` as theirs."""
    confirmation = step.confirmation
    return [
        *_of_wakes(confirmation, _NEVER, step.wakes),
        ("ZADD", listing_key(confirmation), 0, confirmation.id),
        *(_published(event, confirmation, policy, dataschema) for event in step.transition.shop_events),
    ]


def of_step(before: Confirmation, step: PlannedTransition, policy: DialPolicy, dataschema: str) -> list[SideEffect]:
    """Return the side effects of a change of `before`."""
    after = step.confirmation
    return [
        *_of_wakes(after, wakes(before, policy), step.wakes),
        *_of_listing(before, after),
        *_of_lease(before, after, policy),
        *_of_line(before, after),
        *_of_caps(before, after, policy.caps),
        *_of_end(after),
        *(of_opt_out(after) if step.opts_out else []),
        *(_published(event, after, policy, dataschema) for event in step.transition.shop_events),
        *_of_call(before, after),
    ]


def begins_call(before: Confirmation, after: Confirmation) -> bool:
    """Tell whether this change begins a call to the customer, whose number must then not be on the phone."""
    attempt = after.open_attempt
    is_begun = attempt is not None and before.open_attempt is None and attempt.direction is Direction.OUTBOUND
    return is_begun and not after.is_test


def of_due(confirmation: Confirmation, due: Wakes) -> list[SideEffect]:
    """Return what sets the due times of a confirmation that has none."""
    return _of_wakes(confirmation, _NEVER, due)


def of_opt_out(confirmation: Confirmation) -> list[SideEffect]:
    """Return what puts the customer's number on the shop's do-not-call list; a number on it keeps its first date."""
    at = to_ms(confirmation.updated_at)
    owner = owner_of(confirmation.shop, is_test=confirmation.is_test)
    return [("ZADD", keys.opt_outs(owner), "NX", at, confirmation.customer.phone)]


def _of_wakes(confirmation: Confirmation, before: Wakes, after: Wakes) -> list[SideEffect]:
    """Set the due times that changed; one that did not change keeps the lease of the worker that claimed it.

    With a new time for the call, the other one is set again too: an order that a cap holds was looked at before its time.
    """
    effects: list[SideEffect] = []
    if before.dial_at != after.dial_at:
        priority = confirmation.call.priority.value
        effects.append(("@set_dial", priority, confirmation.shop, confirmation.id, _score(after.dial_at)))
    if before.reconcile_at != after.reconcile_at and after.reconcile_at is None:
        effects.append(("ZREM", keys.DUE_RECONCILIATION, confirmation.id))
    elif after.reconcile_at is not None and before != after:
        effects.append(("ZADD", keys.DUE_RECONCILIATION, _score(after.reconcile_at), confirmation.id))
    return [*effects, *_of_ticker(confirmation, before, after)]


def _of_ticker(confirmation: Confirmation, before: Wakes, after: Wakes) -> list[SideEffect]:
    """Notify the ticker if something has become due at once; it knows later due times itself."""
    moments = [
        at
        for at, was in ((after.dial_at, before.dial_at), (after.reconcile_at, before.reconcile_at))
        if at is not None and at != was
    ]
    is_now = bool(moments) and min(moments) <= confirmation.updated_at + _AT_ONCE
    return [("PUBLISH", keys.DUE_CHANNEL, "")] if is_now else []


def _of_listing(before: Confirmation, after: Confirmation) -> list[SideEffect]:
    old, new = listing_key(before), listing_key(after)
    return [] if old == new else [("ZREM", old, after.id), ("ZADD", new, 0, after.id)]


def _of_lease(before: Confirmation, after: Confirmation, policy: DialPolicy) -> list[SideEffect]:
    """Count the confirmation as a call at once while an attempt is open."""
    was_open, attempt = before.open_attempt, after.open_attempt
    if after.is_test:
        return []
    if attempt is not None:
        return [] if was_open is not None else [("ZADD", keys.CALLS_OPEN, _lease_end(attempt, policy), after.id)]
    return [("ZREM", keys.CALLS_OPEN, after.id)] if was_open is not None or after.is_finished else []


def _of_line(before: Confirmation, after: Confirmation) -> list[SideEffect]:
    """Note that the number is on the phone, for other orders of the same customer, or that it no longer is."""
    is_open, line = after.open_attempt is not None, keys.line(after.customer.phone)
    if after.is_test or is_open == (before.open_attempt is not None):
        return []
    return [("SADD" if is_open else "SREM", line, after.id)]


def _of_caps(before: Confirmation, after: Confirmation, caps: Caps) -> list[SideEffect]:
    """Count the calls to the number and what the shop's calls cost; a call that was never placed is given back."""
    if after.is_test:
        return []
    return [*_of_number(before, after, caps.calls_per_number), *_of_spend(before, after, caps)]


def _of_number(before: Confirmation, after: Confirmation, cap: CallCap | None) -> list[SideEffect]:
    if cap is None:
        return []
    key = keys.number_calls(hashlib.sha1(after.customer.phone.encode(), usedforsecurity=False).hexdigest())
    if len(after.attempts) < len(before.attempts):
        return [("ZREM", key, before.attempts[-1].id)]
    if not begins_call(before, after):
        return []
    begun, span_ms = after.attempts[-1], cap.span_s * 1000
    at = to_ms(begun.placed_at)
    return [("ZADD", key, at, begun.id), ("ZREMRANGEBYSCORE", key, "-inf", at - span_ms), ("PEXPIRE", key, span_ms)]


def _of_spend(before: Confirmation, after: Confirmation, caps: Caps) -> list[SideEffect]:
    limit, cost_usd = caps.spend_limit, spent_usd(after, caps) - spent_usd(before, caps)
    if limit is None or cost_usd <= 0:
        return []
    micro_usd = int((cost_usd * MICRO_USD).to_integral_value(ROUND_CEILING))
    return [("@add_spend", after.shop, micro_usd, limit.span_s * 1000, part_ms(limit.span_s))]


def _of_end(after: Confirmation) -> list[SideEffect]:
    """Clear the crash counts and the parking of a finished confirmation: it is only erased later."""
    if not after.is_finished:
        return []
    begun = [keys.begun_field(work, after.id) for work in ("dial", "care", "retire")]
    return [("HDEL", keys.BEGUN, *begun), ("ZREM", keys.PARKED, after.id)]


def _lease_end(attempt: Attempt, policy: DialPolicy) -> int:
    found_at = attempt.placed_at + timedelta(seconds=policy.reconcile_after_s)
    return to_ms(max(call_must_be_over_at(attempt, policy), found_at) + _LEASE_MARGIN)


def _published(event: ShopEvent, confirmation: Confirmation, policy: DialPolicy, dataschema: str) -> SideEffect:
    return (
        "@publish_event",
        confirmation.shop,
        confirmation.id,
        event.sequence,
        msgspec.json.encode(compact(msgspec.to_builtins(event))).decode(),
        event.type.value,
        to_ms(event.at - timedelta(days=policy.retention_days)),
        msgspec.json.encode(envelope(event, confirmation, dataschema)).decode(),
        owner_of(confirmation.shop, is_test=confirmation.is_test),
    )


def _of_call(before: Confirmation, after: Confirmation) -> list[SideEffect]:
    """Notify the bridge of a running call if a machine was detected, the order was withdrawn, or the call is over."""
    attempt = before.open_attempt
    if attempt is None:
        return []
    then = next((later for later in after.attempts if later.id == attempt.id), None)
    is_news = (
        then is None
        or then.is_open != attempt.is_open
        or then.held_call_end != attempt.held_call_end
        or then.answered_by != attempt.answered_by
        or before.withdrawn_at != after.withdrawn_at
    )
    return [("PUBLISH", keys.attempt_channel(attempt.id), after.id)] if is_news else []


def _score(moment: datetime | None) -> str | int:
    return "" if moment is None else to_ms(moment)
