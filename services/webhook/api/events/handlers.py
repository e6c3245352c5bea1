"""The handlers of event streams: of one confirmation from its first event on, or of the whole shop from now on."""

import re

from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.events.feeds import EventFeeds
from services.webhook.api.shop_isolation import confirmation_of_shop
from services.webhook.http.problems import ProblemError
from services.webhook.http.query_parameters import invalid_parameter
from services.webhook.http.sse import EventStream, StreamSlots
from shared.store import Store

_SEQUENCE = re.compile(r"[0-9]{1,9}", re.ASCII)
_MOST_OF_A_PLACE = 2**63 - 1  # Redis takes no id above 2^64 - 1, and none is that high
_PLACE = re.compile(r"[0-9]{1,20}-[0-9]{1,20}", re.ASCII)


class EventStreamRoutes:
    """`GET /v1/confirmations/{id}/events` and `GET /v1/events`."""

    def __init__(self, store: Store, slots: StreamSlots) -> None:
        self._store = store
        self._slots = slots
        self._feeds = EventFeeds(store)

    async def of_confirmation(self, request: Request, _shop: str) -> Response:
        """Stream the history and what follows, up to `confirmation.finished`; 204 if the client has seen all of it."""
        confirmation = await confirmation_of_shop(self._store, request.path_params["id"], request.state.caller)
        seen = int(_last_event_id(request, _SEQUENCE) or 0)
        if seen > confirmation.sequence:
            raise _unknown_event_id()
        if confirmation.is_finished and seen >= confirmation.sequence:
            return Response(status_code=204)  # a browser's EventSource does not connect again after it
        return EventStream(self._slots, lambda: self._feeds.of_confirmation(confirmation, seen))

    async def of_shop(self, request: Request, shop: str) -> Response:
        """Stream all of the shop's events from now on, or from behind `Last-Event-ID`."""
        place = _last_event_id(request, _PLACE)
        if place and max(map(int, place.split("-"))) > _MOST_OF_A_PLACE:
            raise _unknown_event_id()
        place = place or await self._store.events.newest_place(shop)
        only_tests = request.state.caller.is_test
        return EventStream(self._slots, lambda: self._feeds.of_shop(shop, place, only_tests=only_tests))


def _last_event_id(request: Request, form: re.Pattern[str]) -> str | None:
    """Return the id of the last event that the client has, None if it names none.

    Raises:
        ProblemError: It is no id of this stream's events.
    """
    value = request.headers.get("last-event-id", "")
    if value and not form.fullmatch(value):
        raise _unknown_event_id()
    return value or None


def _unknown_event_id() -> ProblemError:
    return invalid_parameter("Last-Event-ID", "It must be the id of an event of this very stream.")
