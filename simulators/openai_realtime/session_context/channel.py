"""The connection as the parts of a session use it: they send events through it, and a fault can break it."""

import random
from typing import Protocol

from simulators.openai_realtime.events.validators import Json, RefusedError
from simulators.openai_realtime.session_context.conversation import new_id
from simulators.openai_realtime.session_context.nulls import DETAILS, IDS, with_nulls
from simulators.openai_realtime.session_context.state import SessionState


class Connection(Protocol):
    """The client's WebSocket connection."""

    async def send(self, event: Json) -> None:
        """Send one JSON text frame."""

    async def receive(self) -> str | bytes | None:
        """Return the next frame, or None if the connection has ended."""

    async def close(self, code: int, reason: str) -> None:
        """Close with a close frame."""

    def abort(self) -> None:
        """Break the TCP connection; the client sees 1006."""


class Channel:
    """Sends events, records them, and applies the faults of the connection."""

    def __init__(self, connection: Connection, state: SessionState) -> None:
        self._connection = connection
        self._state = state
        self._audio_deltas = 0
        self._events = 0
        self.has_ended = False

    @property
    def has_sent_audio(self) -> bool:
        """Whether audio of the model has been sent, which locks the voice."""
        return self._audio_deltas > 0

    async def send(self, event: Json) -> None:
        """Send an event with its own id; `noise` adds unknown keys and unknown events, `nulls` takes optional values away."""
        if self.has_ended:
            return
        whole = self._with_nulls({"event_id": new_id("event"), **event})
        if self._state.faults.noise:
            whole["x_simulator_note"] = "unknown keys are to be ignored"
            if random.random() < 0.2:
                await self._connection.send({"type": "x.simulator.noise", "event_id": new_id("event")})
        self._state.record.traffic.sent(whole)
        await self._connection.send(whole)

    def _with_nulls(self, event: Json) -> Json:
        self._events += 1
        faults, chance = self._state.faults, self._state.chance
        for trait, often, paths in (("nulls", faults.nulls, DETAILS), ("null_ids", faults.null_ids, IDS)):
            if chance.happens(trait, often, self._events):
                event = with_nulls(event, paths, chance.generator(f"{trait}/field", self._events))
        return event

    async def send_audio(self, delta: Json) -> None:
        """Send an audio delta; the connection breaks after the number of deltas in the fault `drop_after_deltas`."""
        await self.send(delta)
        self._audio_deltas += 1
        if self._audio_deltas == self._state.faults.drop_after_deltas:
            self.drop()

    async def refuse(self, refused: RefusedError, event_id: str | None) -> None:
        """Answer with an `error` event; the session stays open."""
        error = {
            "type": "invalid_request_error",
            "code": refused.code,
            "message": refused.message,
            "param": refused.param,
            "event_id": event_id,
        }
        await self.send({"type": "error", "error": error})

    async def close(self, code: int, reason: str) -> None:
        """Close the connection with this code."""
        self.has_ended = True
        self._state.record.ended(by="simulator", code=code, reason=reason)
        await self._connection.close(code, reason)

    def drop(self) -> None:
        """Break the connection without a close frame (1006)."""
        self.has_ended = True
        self._state.record.ended(by="simulator", code=1006)
        self._connection.abort()
