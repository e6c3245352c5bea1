"""The invariants of a finished run: what Twilio's side recorded must agree with what our side says."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

from shared.core.confirmation import Confirmation
from shared.core.outcome import Status
from shared.store import Store
from tests.chaos.twilio.fake_twilio import Call

_HELD = ("calls:open", "due:heads:high", "due:heads:normal", "due:parked")
_BEGUN = "due:begun"
QUEUE = "rq:queue:dial"


@dataclass(slots=True)
class InvariantReport:
    """The violations, each a sentence with ids, and the number of orders by outcome."""

    lost: list[str] = field(default_factory=list)  # I1
    called_twice: list[str] = field(default_factory=list)  # I2
    unlike: list[str] = field(default_factory=list)  # I2: our attempts and Twilio's calls differ
    torn: list[str] = field(default_factory=list)  # I3
    leaked: list[str] = field(default_factory=list)  # I4
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def faults(self) -> list[str]:
        """All violations."""
        return [*self.lost, *self.called_twice, *self.unlike, *self.torn, *self.leaked]


async def check_invariants(store: Store, ids: list[str], calls: list[Call]) -> InvariantReport:
    """Check a run whose orders are all finished."""
    found = InvariantReport()
    of_order: defaultdict[str, list[Call]] = defaultdict(list)
    for call in calls:
        of_order[call.confirmation_id].append(call)
    orders = {order.id: order for order in await store.lookups.get_many(tuple(ids))}
    for order_id in ids:
        order = orders.get(order_id)
        if order is None or order.status is not Status.FINISHED:
            found.lost.append(f"{order_id} is not finished: {order}")
            continue
        found.outcomes[str(order.outcome)] += 1
        found.called_twice += called_twice(order, of_order[order_id])
        found.unlike += _differences(order, of_order[order_id])
    found.called_twice += rung_while_on_the_phone([call for call in calls if call.confirmation_id in orders])
    found.torn += await _torn(store, orders)
    found.leaked += await _leaks(store)
    return found


def called_twice(order: Confirmation, calls: list[Call]) -> list[str]:
    """Return each attempt for which an order was called twice, and each call for an attempt that the order does not have."""
    counts = Counter(call.attempt_id for call in calls)
    told = [f"{attempt_id}: {count} calls" for attempt_id, count in counts.items() if count > 1]
    known = {attempt.id for attempt in order.attempts}
    return told + [
        f"{order.id} was called for {attempt_id}, which it does not know" for attempt_id in counts if attempt_id not in known
    ]


def rung_while_on_the_phone(calls: list[Call]) -> list[str]:
    """Return the calls that began while another call to the same number, about any order, was still in progress."""
    of_number: defaultdict[str, list[Call]] = defaultdict(list)
    for call in sorted(calls, key=lambda call: call.begun_at):
        of_number[call.to].append(call)
    return [
        f"{later.attempt_id} rang while {earlier.attempt_id} went on"
        for each in of_number.values()
        for earlier, later in pairwise(each)
        if earlier.ended_at is None or later.begun_at < earlier.ended_at
    ]


def _differences(order: Confirmation, calls: list[Call]) -> list[str]:
    """Return the order if its attempts do not name the calls that Twilio knows."""
    ours = {attempt.id: attempt.call_sid for attempt in order.attempts if attempt.call_sid is not None}
    theirs = {call.attempt_id: call.sid for call in calls}
    return [] if ours == theirs else [f"{order.id}: ours {ours}, Twilio's {theirs}"]


async def _torn(store: Store, orders: dict[str, Confirmation]) -> list[str]:
    """Return the orders whose events have a gap or a repeat, or that do not have exactly one final event for the CRM."""
    told: defaultdict[str, list[int]] = defaultdict(list)
    for _, ref in await store.client.xrange("events:shopaz:log"):
        told[ref[b"c"].decode()].append(int(ref[b"s"]))
    ends: Counter[str] = Counter()
    for _, entry in await store.client.xrange("outcomes:shopaz:log"):
        ends[json.loads(entry[b"event"])["subject"]] += 1
    found = [
        f"{order.id}: events {told[order.id]}, sequence {order.sequence}"
        for order in orders.values()
        if told[order.id] != list(range(1, order.sequence + 1))
    ]
    return found + [f"{order_id}: {ends[order_id]} ends" for order_id, order in orders.items() if ends[order_id] != 1]


async def _leaks(store: Store) -> list[str]:
    """Return the entries that Redis still holds although every order is finished."""
    sizes = {key: await store.client.zcard(key) for key in _HELD}
    sizes |= {QUEUE: await store.client.llen(QUEUE), _BEGUN: await store.client.hlen(_BEGUN)}
    sizes |= {key.decode(): await store.client.scard(key) async for key in store.client.scan_iter("line:*")}
    return [f"{key} holds {size}" for key, size in sizes.items() if size]
