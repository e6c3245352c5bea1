"""The other open orders of a customer who phoned us: the same call is about one after the other, newest first."""

from typing import Protocol

from ulid import ULID

from services.media_bridge.call_record.fact_writer import Confirmations
from services.media_bridge.streams.admission import Admitted
from shared.core import ids
from shared.core.confirmation import Confirmation
from shared.core.errors import NotFoundError, StoreUnavailableError
from shared.core.lifecycle.facts import InboundCallArrived, StreamOpened


class Lookups(Protocol):
    """The store's lookups, as the bridge needs them."""

    async def find_open_by_phone(self, shop: str | None, phone: str, /) -> tuple[Confirmation, ...]:
        """Return a number's open confirmations, newest first."""
        ...


class OtherOpenOrders:
    """Finds what else a call can be about, and begins an attempt of its own for it on the same line."""

    def __init__(self, confirmations: Confirmations, lookups: Lookups, *, prompt_version: str) -> None:
        self._confirmations = confirmations
        self._lookups = lookups
        self._prompt_version = prompt_version

    async def has_more(self, current: Admitted) -> bool:
        """Return whether the customer phoned us and has more orders to be asked about."""
        return bool(await self._others(current))

    async def begin(self, current: Admitted) -> Admitted | None:
        """Begin an attempt for the next order that has none open; returns None if there is no such order."""
        for other in await self._others(current):
            try:
                begun = await self._begin(other.id, current)
            except (NotFoundError, StoreUnavailableError):
                continue
            if begun is not None:
                return begun
        return None

    async def _others(self, current: Admitted) -> list[Confirmation]:
        if not current.attempt.is_by_caller:
            return []
        try:
            found = await self._lookups.find_open_by_phone(None, current.confirmation.customer.phone)
        except StoreUnavailableError:
            return []
        return [one for one in found if one.id != current.confirmation.id and _is_free(one)]

    async def _begin(self, confirmation_id: str, current: Admitted) -> Admitted | None:
        attempt_id = ids.attempt_id(ULID())
        call_sid, stream_sid = current.attempt.call_sid or "", current.attempt.stream_sid or ""
        version = self._prompt_version
        must_prove = current.attempt.must_prove  # each order by its own id: whoever knows one need not know the others
        await self._confirmations.apply(
            confirmation_id, lambda now: InboundCallArrived(now, attempt_id, call_sid, version, must_prove=must_prove)
        )
        step = await self._confirmations.apply(
            confirmation_id, lambda now: StreamOpened(now, attempt_id, call_sid, stream_sid, version)
        )
        attempt = step.confirmation.open_attempt
        return Admitted(step.confirmation, attempt) if attempt is not None and attempt.id == attempt_id else None


def _is_free(confirmation: Confirmation) -> bool:
    return confirmation.open_attempt is None and confirmation.withdrawn_at is None
