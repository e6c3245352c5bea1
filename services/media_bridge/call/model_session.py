"""A call's way to the speech model: takes a session, gives it the call's words, and replaces it when told to."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from services.media_bridge.call.audio_lane import AudioLane
from services.media_bridge.call.call_script import CallScript
from services.media_bridge.metrics import BridgeMetrics
from services.media_bridge.openai import requests_wire as request
from services.media_bridge.openai.events_wire import ErrorTold, Head, Told
from services.media_bridge.openai.leg import ModelLeg, Sound, unheard
from services.media_bridge.websocket import ConnectionFailedError
from shared.core.conversation.events import ResponseDone, ResponseStatus
from shared.store import Speaker, Turn

CONNECT_LIMIT_S = 3.0


class Sessions(Protocol):
    """Where sessions come from."""

    async def take(self, *, limit_s: float) -> ModelLeg:
        """Return a session, if possible one that was opened ahead."""
        ...


class LinkReceiver(Protocol):
    """The call, as the link needs it."""

    @property
    def model_sounded(self) -> Sound:
        """Who takes the agent's audio."""
        ...

    def model_worded(self, head: Head) -> None:
        """Take the agent's next words."""
        ...

    def model_told(self, told: Told) -> None:
        """Take what is no audio."""
        ...

    def model_ready(self) -> None:
        """Learn that a session stands, its formats confirmed."""
        ...

    def model_lost(self, reason: str) -> None:
        """Learn that there is no session."""
        ...

    def receive(self, event: ResponseDone) -> None:
        """Take an event that the model owes."""
        ...


class ModelLink:
    """At most one session at a time. What an older one still says reaches nobody."""

    def __init__(
        self, sessions: Sessions, script: CallScript, *, voice: str, metrics: BridgeMetrics, connect_s: float = CONNECT_LIMIT_S
    ) -> None:
        self._sessions = sessions
        self._script = script
        self._voice = voice
        self._connect_s = connect_s
        self._metrics = metrics
        self._tasks: asyncio.TaskGroup | None = None
        self._call: LinkReceiver | None = None
        self._leg: ModelLeg | None = None
        self.model_sounded: Sound = unheard
        self._connecting: asyncio.Task[None] | None = None
        self._is_revealed = False
        self.dropped = 0
        self.unreadable = 0

    def start(self, tasks: asyncio.TaskGroup, call: LinkReceiver) -> None:
        """Take the first session for this call; the link's tasks live in its group."""
        self._tasks, self._call = tasks, call
        self.model_sounded = call.model_sounded
        self._connecting = tasks.create_task(self._connect(()))

    def reconnect(self, so_far: Sequence[Turn]) -> None:
        """Take another session, and tell it what was said so far."""
        self.drop()
        if self._tasks is not None:
            self._connecting = self._tasks.create_task(self._connect(so_far))

    def drop(self) -> None:
        """Be without a session from now on."""
        self.cancel()
        leg, self._leg = self._leg, None
        if leg is not None and self._tasks is not None:
            self._tasks.create_task(self._close(leg))

    def cancel(self) -> None:
        """Give up a session that is being opened."""
        if self._connecting is not None:
            self._connecting.cancel()
            self._connecting = None

    async def close(self) -> None:
        """Close the session, if there is one, for good."""
        self.cancel()
        leg, self._leg = self._leg, None
        if leg is not None:
            await self._close(leg)

    def send(self, message: bytes) -> None:
        """Send a request; without a session it is lost, and the machine knows that there is none."""
        if self._leg is not None:
            self._leg.send(message)

    def reveal(self) -> None:
        """Let this session, and any later one, know what was ordered."""
        self._is_revealed = True
        self.send(request.instructions_update(self._instructions))

    def translate(self, code: str) -> CallScript:
        """Give this session, and any later one, the call's words in another language; returns them."""
        self._script = self._script.translate(code) or self._script
        self.send(request.instructions_update(self._instructions))
        self.send(request.transcription_update(self._script.transcription))
        return self._script

    @property
    def _instructions(self) -> request.Instructions:
        return self._script.revealed if self._is_revealed else self._script.instructions

    def connect_lane(self, lane: AudioLane) -> None:
        """Let the session hear the caller."""
        if self._leg is not None:
            lane.connect(self._leg)

    def model_worded(self, head: Head) -> None:
        """Pass words on (leg)."""
        if self._call is not None:
            self._call.model_worded(head)

    def model_told(self, leg: ModelLeg, told: Told) -> None:
        """Pass on what the session told, and see to errors (leg)."""
        if leg is not self._leg or self._call is None:
            return
        if isinstance(told, ErrorTold):
            self._see_to(told)
        self._call.model_told(told)

    def model_closed(self, leg: ModelLeg) -> None:
        """Tell the call that its session broke (leg)."""
        if leg is self._leg:
            self._lose("closed")

    async def _connect(self, so_far: Sequence[Turn]) -> None:
        try:
            leg = await self._sessions.take(limit_s=self._connect_s)
        except ConnectionFailedError as error:
            self._connecting = None
            self._tell_lost(error.reason)
            return
        self._connecting = None
        self._leg = leg
        leg.attach(self)
        leg.send(request.full_update(self._voice, self._instructions))
        for turn in so_far:
            is_agent = turn.speaker is Speaker.AGENT
            leg.send(request.agent_words(turn.text) if is_agent else request.customer_words(turn.text))
        if self._call is not None:
            self._call.model_ready()
        leg.send(request.transcription_update(self._script.transcription))

    async def _close(self, leg: ModelLeg) -> None:
        self.dropped += leg.dropped
        self.unreadable += leg.unreadable
        await leg.close()

    def _see_to(self, error: ErrorTold) -> None:
        """A refused session is none; a refused response failed; everything else costs only itself."""
        self._metrics.model_errors.labels(code=error.code).inc()
        if error.request_id == request.FULL_UPDATE:
            self._lose(error.code)
        elif error.request_id == request.RESPONSE and self._call is not None:
            self._call.receive(ResponseDone("", ResponseStatus.FAILED, reason=error.code))

    def _lose(self, reason: str) -> None:
        self.drop()
        self._tell_lost(reason)

    def _tell_lost(self, reason: str) -> None:
        if self._call is not None:
            self._call.model_lost(reason)
