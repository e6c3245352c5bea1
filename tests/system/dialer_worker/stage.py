"""The surroundings of a running dialer worker: Valkey, the webhook service and the Twilio simulator."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from shared.core.confirmation import Confirmation
from shared.store import Store
from tests.support.orders import an_order, with_phone
from tests.support.sealing import SEALING_KEY
from tests.support.simulators.twilio import ACCOUNT, ARTA, SHOP, TOKEN, TwilioSimulator
from tests.system.dialer_worker.processes import Service, running

Found = TypeVar("Found")

SHORT = {
    "SIGNING_SECRET": "s" * 32,
    "ENCRYPTION_KEYS": SEALING_KEY,
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "TWILIO_FROM_NUMBERS": SHOP,
    "API_KEYS": "shopaz:the-key-of-shopaz",
    "CALL_WINDOW": "00:00-24:00",
    "CALL_DAYS": "mon-sun",
    "CALL_HOLIDAYS": "on",
    "RETRY_DELAYS": "busy:1,no_answer:1,failed:1,undecided:3600,error:1",
    "CALLS_PER_SECOND": "50",
    "RECONCILE_AFTER_S": "1",
    "HANGUP_GRACE_S": "1",
    "RING_TIMEOUT_S": "5",
    "CALL_TIME_LIMIT_S": "5",
    "LOG_LEVEL": "debug",
}
HANGS_UP = {"answer": {"ring_s": 1, "steps": [{"pause": 0.2}, "hang_up"]}}
RINGS = {"answer": {"ring_s": 40, "steps": []}}


@dataclass
class Stage:
    """Everything around the dialer, and the dialer itself when a test runs it."""

    store: Store
    twilio: TwilioSimulator
    settings: dict[str, str]
    folder: Path

    @contextmanager
    def dialer(self, **more: str) -> Iterator[Service]:
        """Run the dialer worker."""
        with running("services.dialer_worker", {**self.settings, **more}, bind="DIALER_BIND", folder=self.folder) as one:
            yield one

    async def submit(self, number: int = 1, phone: str = ARTA) -> None:
        order = with_phone(an_order(number, at=await self.store.now()), phone)
        await self.store.confirmations.submit(order)

    async def get(self, number: int = 1) -> Confirmation:
        return await self.store.confirmations.get(an_order(number).id)

    async def becomes(self, claim: Callable[[Confirmation], object], *, number: int = 1, limit_s: float = 15) -> Confirmation:
        """Wait until `claim` is true of the order."""

        async def look() -> Confirmation | None:
            found = await self.get(number)
            return found if claim(found) else None

        try:
            return await eventually(look, limit_s=limit_s)
        except AssertionError as error:
            raise AssertionError(f"{error}: {await self.get(number)}") from error

    def calls(self) -> list[dict[str, Any]]:  # Any: JSON
        """Return all calls of the account, newest first."""
        found: list[dict[str, Any]] = self.twilio.admin("GET", "/calls")["calls"]  # Any: JSON
        return found


async def eventually(look: Callable[[], Awaitable[Found | None]], *, limit_s: float = 15) -> Found:
    """Call `look` until it returns something, and return that."""
    until = time.monotonic() + limit_s
    while (found := await look()) is None:
        assert time.monotonic() < until, "nothing came within the limit"
        await asyncio.sleep(0.03)
    return found
