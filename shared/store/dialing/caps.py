"""The operator's caps: whether one of them holds an order now. The scripts `admit` and `commit` enforce them by the same rules."""

from dataclasses import dataclass
from datetime import timedelta

from shared.core.confirmation import Confirmation
from shared.core.dialing.caps import Caps, Hold
from shared.core.outcome import WaitingFor
from shared.store.records.cap_arguments import cap_arguments
from shared.store.records.codec import from_ms
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, packed, run


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """A cap holds the order; `is_first` tells that it is the first of its shop since the shop reached its spend limit."""

    hold: Hold
    is_first: bool


class CallCaps:
    """Asks whether an order may be called, as far as the caps say, by Redis's clock."""

    def __init__(self, client: Client, caps: Caps) -> None:
        self._client = client
        self._caps = caps

    async def held(self, confirmation: Confirmation) -> HeldOrder | None:
        """Return which cap holds the order, and until when; None if none does. The calls of test orders are not counted."""
        if confirmation.is_test or not any(cap_arguments(self._caps)):
            return None
        arguments = packed(confirmation.shop, confirmation.customer.phone, cap_arguments(self._caps))
        async with translated():
            reply = await run(self._client, Script.HELD_BY_CAP, args=[arguments])
        if not reply:
            return None
        hold = Hold(from_ms(float(reply[1])) + timedelta(milliseconds=1), WaitingFor(reply[0].decode()))
        return HeldOrder(hold, is_first=bool(reply[2]))
