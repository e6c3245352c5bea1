"""Events as they happen: of one confirmation from its first on, or of the whole shop from now on."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.confirmations.handlers import Confirmations
from services.webhook.http.problems import ProblemError
from services.webhook.http.query_parameters import invalid_parameter
from services.webhook.http.single_flight import SharedReads
from services.webhook.http.sse import PING, EventStream, StreamPlaces, frame
from shared.core.confirmation import Confirmation
from shared.core.errors import StoreUnavailableError
from shared.store import Store, ToldEvent

Told = TypeVar("Told")

PING_EVERY_S = 15.0
_PAUSE_S = 1.0  # between two looks while Redis is away
_SEQUENCE = re.compile(r"[0-9]{1,9}", re.ASCII)
_PLACE = re.compile(r"[0-9]{1,20}-[0-9]{1,20}", re.ASCII)


class Events:
    """`GET /v1/confirmations/{id}/events` and `GET /v1/events`."""

    def __init__(
        self, store: Store, confirmations: Confirmations, places: StreamPlaces, *, ping_every_s: float = PING_EVERY_S
    ) -> None:
        self._store = store
        self._confirmations = confirmations
        self._places = places
        self._ping_every_s = ping_every_s
        self._of_shops = SharedReads(self._framed)

    async def of_confirmation(self, request: Request, shop: str) -> Response:
        """Stream the history and what follows, up to `confirmation.finished`; 204 where nothing is left to tell."""
        confirmation = await self._confirmations.of_shop(request.path_params["id"], shop)
        seen = int(_last_event_id(request, _SEQUENCE) or 0)
        if seen > confirmation.sequence:
            raise _foreign_place()
        if confirmation.is_finished and seen >= confirmation.sequence:
            return Response(status_code=204)  # tells a browser's EventSource not to connect again
        return EventStream(self._places, lambda: self._told_of(confirmation, seen))

    async def of_shop(self, request: Request, shop: str) -> Response:
        """Stream all of the shop's events from now on, or from behind `Last-Event-ID`."""
        place = _last_event_id(request, _PLACE) or await self._store.events.newest_place(shop)
        return EventStream(self._places, lambda: self._told_in(shop, place))

    async def _told_of(self, confirmation: Confirmation, seen: int) -> AsyncGenerator[bytes]:
        async with self._store.notifications.subscribe(_channel(confirmation.shop), subject=confirmation.id) as bell:
            while True:
                events = await self._news(bell, partial(self._of, confirmation, seen))
                for event in events or ():
                    yield frame(event)
                if events is None:
                    yield PING
                elif events:
                    seen += len(events)
                    if events[-1].is_last:
                        return

    async def _of(self, confirmation: Confirmation, seen: int) -> list[ToldEvent]:
        """Return the confirmation's events after so many.

        Raises:
            NotFoundError: There are none, and will be none: it was erased.
        """
        events = await self._store.events.of(confirmation, after=seen)
        if not events:
            await self._store.confirmations.get(confirmation.id)
        return events

    async def _told_in(self, shop: str, place: str) -> AsyncGenerator[bytes]:
        async with self._store.notifications.subscribe(_channel(shop)) as bell:
            while True:
                frames = await self._news(bell, partial(self._of_shops.get, (shop, place)))
                for _, chunk in frames or ():
                    yield chunk
                if frames is None:
                    yield PING
                elif frames:
                    place = frames[-1][0]
                    bell.set()  # there may be more

    async def _framed(self, shop_and_place: tuple[str, str]) -> list[tuple[str, bytes]]:
        """Return the next of a shop's events: the place and the frame of each."""
        return [(event.place, frame(event)) for event in await self._store.events.after(*shop_and_place)]

    async def _news(self, bell: asyncio.Event, read: Callable[[], Awaitable[list[Told]]]) -> list[Told] | None:
        """Return what is new when the bell rings; None where only a sign of life is due.

        That is after a long silence, in which a message may have been lost, and while Redis is away: readers stay connected.
        """
        is_ring = True
        try:
            async with asyncio.timeout(self._ping_every_s):
                await bell.wait()
        except TimeoutError:
            is_ring = False
        bell.clear()
        try:
            events = await read()
        except StoreUnavailableError:
            await asyncio.sleep(_PAUSE_S)
            bell.set()
            return None
        return events if events or is_ring else None


def _channel(shop: str) -> str:
    """Name the channel on which the contract promises the shop's events."""
    return f"events:{shop}"


def _last_event_id(request: Request, form: re.Pattern[str]) -> str | None:
    """Return where the client wants to go on.

    Raises:
        ProblemError: It is no id of this stream's events.
    """
    value = request.headers.get("last-event-id", "")
    if value and not form.fullmatch(value):
        raise _foreign_place()
    return value or None


def _foreign_place() -> ProblemError:
    return invalid_parameter("Last-Event-ID", "It must be the id of an event of this very stream.")
