"""Plays the calls of test orders: the same steps and events as of a real call, all at once, and nobody is phoned."""

from datetime import datetime
from functools import partial

from ulid import ULID

from shared.core import ids
from shared.core.confirmation import Confirmation
from shared.core.dialing.simulated_calls import simulated_facts
from shared.core.lifecycle.facts import AttemptBegun, Fact, GivenUp
from shared.core.outcome import Outcome
from shared.store import Store


class Rehearsals:
    """What the dialer, Twilio and the bridge are to other orders. It knows no way to Twilio."""

    def __init__(self, store: Store, *, from_number: str) -> None:
        self._store = store
        self._from_number = from_number

    async def play(self, confirmation: Confirmation) -> None:
        """Begin the call of a test order that is due, or go on with one that was broken off, and bring it to its end."""
        if await self._store.opt_outs.contains(confirmation.shop, confirmation.customer.phone):
            await self._store.confirmations.apply_if(confirmation.id, _given_up)
            return
        attempt_id = ids.attempt_id(ULID())
        if confirmation.open_attempt is None:
            step = await self._store.confirmations.apply(
                confirmation.id, lambda now: AttemptBegun(now, attempt_id, self._from_number)
            )
            confirmation = step.confirmation
        attempt = confirmation.open_attempt
        if attempt is None:
            return  # it expired, was taken back, or has another pause
        for fact in simulated_facts(confirmation.customer.phone, attempt, await self._store.now()):
            await self._store.confirmations.apply_if(confirmation.id, partial(_as_told, fact))


def _as_told(fact: Fact, _found: Confirmation, _now: datetime) -> Fact:
    return fact


def _given_up(confirmation: Confirmation, now: datetime) -> Fact | None:
    return GivenUp(now, Outcome.UNDIALABLE) if confirmation.open_attempt is None else None
