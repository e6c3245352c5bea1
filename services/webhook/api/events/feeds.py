"""Event feeds: what a stream of server-sent events sends, chunk by chunk, as it happens."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from typing import TypeVar

from services.webhook.http.single_flight import SharedReads
from services.webhook.http.sse import PING, frame
from shared.core.confirmation import Confirmation
from shared.core.errors import StoreUnavailableError
from shared.store import Store, StoredEvent

New = TypeVar("New")

PING_EVERY_S = 15.0
_RETRY_S = 1.0  # between two reads while Redis is away


class EventFeeds:
    """The feeds of confirmations and of shops. A feed outlives an outage of Redis; meanwhile it sends pings."""

    def __init__(self, store: Store, *, ping_every_s: float = PING_EVERY_S) -> None:
        self._store = store
        self._ping_every_s = ping_every_s
        self._shop_reads = SharedReads(self._frames_of_shop)

    async def of_confirmation(self, confirmation: Confirmation, sequence: int) -> AsyncGenerator[bytes]:
        """Yield the confirmation's events behind `sequence`, up to `confirmation.finished`, and pings.

        Raises:
            NotFoundError: The confirmation was erased meanwhile.
        """
        async with self._store.event_notifications(confirmation.shop, confirmation_id=confirmation.id) as notified:
            while True:
                events = await self._news(notified, partial(self._events_of, confirmation, sequence))
                for event in events or ():
                    yield frame(event)
                if events is None:
                    yield PING
                elif events:
                    sequence += len(events)
                    if events[-1].is_last:
                        return

    async def of_shop(self, shop: str, place: str, *, only_tests: bool = False) -> AsyncGenerator[bytes]:
        """Yield the shop's events behind `place`, all or those of test orders, and pings, without an end."""
        now = asyncio.get_running_loop().time
        sent_at = now()
        async with self._store.event_notifications(shop) as notified:
            while True:
                frames = await self._news(notified, partial(self._shop_reads.get, (shop, place, only_tests)))
                chunks = [chunk for _, chunk in frames or () if chunk]
                if not chunks and (frames is None or now() - sent_at >= self._ping_every_s):
                    chunks = [PING]  # also while events flow that are not for this stream
                for chunk in chunks:
                    yield chunk
                    sent_at = now()
                if frames:
                    place = frames[-1][0]
                    notified.set()  # a read returns a limited number of events: there may be more

    async def _events_of(self, confirmation: Confirmation, sequence: int) -> list[StoredEvent]:
        """Return the confirmation's events behind `sequence`.

        Raises:
            NotFoundError: There are none, and there will be none: it was erased.
        """
        events = await self._store.events.of(confirmation, after=sequence)
        if not events:
            await self._store.confirmations.get(confirmation.id)
        return events

    async def _frames_of_shop(self, wanted: tuple[str, str, bool]) -> list[tuple[str, bytes]]:
        """Return the next of a shop's events: the place and the frame of each; no frame for one that is not to be told."""
        shop, place, only_tests = wanted
        events = await self._store.events.after(shop, place)
        return [(event.place, frame(event) if event.is_test or not only_tests else b"") for event in events]

    async def _news(self, notified: asyncio.Event, read: Callable[[], Awaitable[list[New]]]) -> list[New] | None:
        """Return what is new after a notification; None if only a ping is due.

        A ping is due after a long silence in which nothing happened, and while Redis is away. A read follows a silence, too:
        a notification may have been lost.
        """
        is_notified = True
        try:
            async with asyncio.timeout(self._ping_every_s):
                await notified.wait()
        except TimeoutError:
            is_notified = False
        notified.clear()
        try:
            events = await read()
        except StoreUnavailableError:
            await asyncio.sleep(_RETRY_S)
            notified.set()
            return None
        return events if events or is_notified else None
