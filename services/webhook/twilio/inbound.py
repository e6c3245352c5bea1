"""A customer's call to us about an open order: how its attempt begins, by phone and by softphone alike."""

from ulid import ULID

from shared.core import ids
from shared.core.confirmation import Attempt
from shared.core.lifecycle.facts import InboundCallArrived
from shared.store import Store


async def inbound_attempt(store: Store, confirmation_id: str, call_sid: str) -> Attempt | None:
    """Return the attempt that this call opens, or has opened already (Twilio may ask twice); None if another one is open."""
    attempt_id = ids.attempt_id(ULID())
    step = await store.confirmations.apply(confirmation_id, lambda now: InboundCallArrived(now, attempt_id, call_sid))
    attempt = step.confirmation.open_attempt
    return attempt if attempt is not None and attempt.call_sid == call_sid else None
