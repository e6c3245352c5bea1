"""Simulates the calls of test orders: the same steps and events as those of a real call, at once and without Twilio."""

from datetime import datetime
from functools import partial

from ulid import ULID

from services.dialer_worker.calls.give_up import give_up_if_opted_out
from shared.core import ids
from shared.core.confirmation import Confirmation
from shared.core.dialing.simulated_calls import simulated_facts
from shared.core.lifecycle.facts import AttemptBegun, Fact
from shared.store import Store


class SimulatedCalls:
    """Takes the place of dialer, Twilio and bridge for test orders. It has no access to Twilio."""

    def __init__(self, store: Store, *, from_number: str) -> None:
        self._store = store
        self._from_number = from_number

    async def run(self, confirmation: Confirmation) -> None:
        """Begin the call of a test order that is due, or continue one that was interrupted, and bring it to its end.

        Raises:
            StoreUnavailableError: Redis is away; the due time brings the confirmation back.
        """
        if await give_up_if_opted_out(self._store, confirmation):
            return
        attempt_id = ids.attempt_id(ULID())
        if confirmation.open_attempt is None:
            step = await self._store.confirmations.apply(
                confirmation.id, lambda now: AttemptBegun(now, attempt_id, self._from_number)
            )
            confirmation = step.confirmation
        attempt = confirmation.open_attempt
        if attempt is None:
            return  # the order has expired, was withdrawn, or may not be called yet
        for fact in simulated_facts(confirmation.customer.phone, attempt, await self._store.now()):
            await self._store.confirmations.apply_if(confirmation.id, partial(_as_it_is, fact))


def _as_it_is(fact: Fact, _found: Confirmation, _now: datetime) -> Fact:
    return fact
