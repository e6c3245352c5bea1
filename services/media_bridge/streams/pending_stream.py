"""A media stream whose call has not begun: it waits for Twilio's `start` and keeps what comes until the token is checked."""

import asyncio

from services.media_bridge.twilio.stream_wire import CallerEvent, StreamStarted
from shared.core.conversation.events import CallerLegEnded

_MOST_EARLY_EVENTS = 32


class PendingStream:
    """Receives the caller's events until the call does. Audio of this time is not kept, nor any event beyond the 32nd.

    `started` holds the stream's start, or None if the stream ended before. `early` holds what came besides.
    """

    def __init__(self) -> None:
        self.started: asyncio.Future[StreamStarted | None] = asyncio.get_running_loop().create_future()
        self.early: list[CallerEvent] = []

    def on_caller_event(self, event: CallerEvent) -> None:
        """Take the start or the end, and keep keys and marks."""
        if isinstance(event, StreamStarted) and not self.started.done():
            self.started.set_result(event)
        elif isinstance(event, CallerLegEnded) and not self.started.done():
            self.started.set_result(None)
        elif len(self.early) < _MOST_EARLY_EVENTS:
            self.early.append(event)
