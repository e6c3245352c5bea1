"""Finishes confirmations that will not be called again."""

from collections.abc import Callable
from datetime import datetime

from shared.core.confirmation import Confirmation
from shared.core.lifecycle.facts import Fact, GivenUp
from shared.core.outcome import Outcome
from shared.core.test_data import owner_of
from shared.store import Store


def give_up(outcome: Outcome) -> Callable[[Confirmation, datetime], Fact | None]:
    """Return a function for the store's `apply_if`: it finishes a confirmation with `outcome` unless a call is open."""

    def make_fact(confirmation: Confirmation, now: datetime) -> Fact | None:
        if confirmation.is_finished or confirmation.open_attempt is not None:
            return None
        return GivenUp(now, outcome)

    return make_fact


async def give_up_if_opted_out(store: Store, confirmation: Confirmation) -> bool:
    """Return whether the number is on the shop's do-not-call list. If it is, finish the confirmation unless a call is open.

    Raises:
        StoreUnavailableError: Redis is away.
    """
    if not await store.opt_outs.contains(owner_of(confirmation.shop, is_test=confirmation.is_test), confirmation.customer.phone):
        return False
    await store.confirmations.apply_if(confirmation.id, give_up(Outcome.UNDIALABLE))
    return True
