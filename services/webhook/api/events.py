"""Events as they happen: of one confirmation from its first on, or of the whole shop from now on."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable

from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.confirmations import Confirmations
from services.webhook.api.parameters import invalid_parameter
from services.webhook.event_stream import PING, EventStream, frame
from shared.core.confirmation import Confirmation
from shared.store import Store

PING_EVERY_S = 15.0
_LOOK_S = 1.0  # how soon a stream notices that this process drains
_SEQUENCE = re.compile(r"[0-9]{1,9}", re.ASCII)
_PLACE = re.compile(r"[0-9]{1,20}-[0-9]{1,20}", re.ASCII)


class Events:
    """`GET /v1/confirmations/{id}/events` and `GET /v1/events`."""

    def __init__(self, store: Store, confirmations: Confirmations, is_draining: Callable[[], bool]) -> None:
        self._store = store
        self._confirmations = confirmations
        self._is_draining = is_draining

    async def of_confirmation(self, request: Request, shop: str) -> Response:
        """Stream the history and what follows, up to `confirmation.finished`; 204 where nothing is left to tell."""
        confirmation = await self._confirmations.of_shop(request.path_params["id"], shop)
        seen = int(_last_event_id(request, _SEQUENCE) or 0)
        if confirmation.is_finished and seen >= confirmation.sequence:
            return Response(status_code=204)  # tells a browser's EventSource not to connect again
        return EventStream(lambda: self._told_of(confirmation, seen))

    async def of_shop(self, request: Request, shop: str) -> Response:
        """Stream all of the shop's events from now on, or from behind `Last-Event-ID`."""
        place = _last_event_id(request, _PLACE) or await self._store.events.newest_place(shop)
        return EventStream(lambda: self._told_in(shop, place))

    async def _told_of(self, confirmation: Confirmation, seen: int) -> AsyncGenerator[bytes]:
        async with self._store.signals.bell(_channel(confirmation.shop)) as bell:
            async for is_ring in self._looks(bell):
                events = await self._store.events.of(confirmation, after=seen)
                for event in events:
                    yield frame(event)
                seen += len(events)
                if events and events[-1].is_last:
                    return
                if not events and not is_ring:
                    yield PING

    async def _told_in(self, shop: str, place: str) -> AsyncGenerator[bytes]:
        async with self._store.signals.bell(_channel(shop)) as bell:
            async for is_ring in self._looks(bell):
                events = await self._store.events.after(shop, place)
                if not events and not is_ring:
                    yield PING
                while events:
                    for event in events:
                        yield frame(event)
                    place = events[-1].place
                    events = await self._store.events.after(shop, place)

    async def _looks(self, bell: asyncio.Event) -> AsyncIterator[bool]:
        """Yield whenever it is time to look: True at a ring, False after a long silence; ends when the process drains."""
        silent_s = 0.0
        while not self._is_draining():
            try:
                async with asyncio.timeout(_LOOK_S):
                    await bell.wait()
            except TimeoutError:
                silent_s += _LOOK_S
                if silent_s < PING_EVERY_S:
                    continue
            is_ring = bell.is_set()
            bell.clear()
            silent_s = 0.0
            yield is_ring


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
        raise invalid_parameter("Last-Event-ID", "It must be the id of an event of this very stream.")
    return value or None
