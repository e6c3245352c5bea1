"""A customer's call to us about an order: which attempt it is, by phone and by softphone alike."""

from collections.abc import Sequence
from datetime import datetime

from ulid import ULID

from shared.core import ids
from shared.core.confirmation import Attempt, Confirmation
from shared.core.lifecycle.facts import CallerJoined, ConversationLost, Fact, InboundCallArrived
from shared.store import Store


async def inbound_attempt(store: Store, confirmation_id: str, call_sid: str, *, must_prove: bool) -> Attempt | None:
    """Return the attempt that this call is: a new one, the one that it has opened already, or the one that rings the caller now.

    `must_prove`: the caller's number is no proof. An attempt whose call is over makes room for the new one. Returns None if
    another one is open.
    """
    attempt_id = ids.attempt_id(ULID())

    def choose(confirmation: Confirmation, now: datetime) -> Sequence[Fact]:
        attempt = confirmation.open_attempt
        arrived = InboundCallArrived(now, attempt_id, call_sid, must_prove=must_prove)
        if attempt is None:
            return (arrived,)
        if attempt.call_sid == call_sid:
            return ()
        if attempt.held_call_end is not None:
            return ConversationLost(now, attempt.id), arrived
        return (CallerJoined(now, attempt.id, call_sid, must_prove=must_prove),)

    step = await store.confirmations.apply_all(confirmation_id, choose)
    attempt = step.confirmation.open_attempt
    return attempt if attempt is not None and attempt.call_sid == call_sid else None
