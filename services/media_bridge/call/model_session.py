"""A call's session with the speech model: it takes one, gives it the call's instructions, and replaces it when told to."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.media_bridge.call.audio_lane import AudioLane
from services.media_bridge.call.call_script import CallScript
from services.media_bridge.call.talk_so_far import talk_so_far
from services.media_bridge.metrics import BridgeMetrics
from services.media_bridge.openai import requests_wire as request
from services.media_bridge.openai.events_wire import (
    FORMATS_REFUSED,
    ErrorReported,
    EventHead,
    ResponseFinished,
    ServerEvent,
    SessionDescribed,
)
from services.media_bridge.openai.leg import ModelLeg
from services.media_bridge.openai.refusals_wire import is_fatal
from services.media_bridge.websocket import ConnectionFailedError
from shared.core.conversation.events import ResponseStatus
from shared.store import Turn

CONNECT_LIMIT_S = 3.0


class SessionSource(Protocol):
    """Gives out sessions."""

    async def take(self, *, limit_s: float, safety_identifier: str | None) -> ModelLeg:
        """Return a session, if possible one that was opened ahead; otherwise one that is opened for this customer.

        Raises:
            ConnectionFailedError: There is none within `limit_s` seconds.
        """
        ...

    def refused(self, reason: str) -> None:
        """Note that a session that was given out met a refusal which any other would meet; `reason` is a short code."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """Where a call's sessions come from and how they speak; `safety_identifier` names the customer to OpenAI, None: nobody."""

    sessions: SessionSource
    audio: request.AudioSettings
    metrics: BridgeMetrics
    safety_identifier: str | None = None
    connect_limit_s: float = CONNECT_LIMIT_S


class ModelSessionReceiver(Protocol):
    """The call, as its session needs it. Audio goes to the audio lane."""

    def on_transcript_delta(self, head: EventHead) -> None:
        """Take the agent's next words."""
        ...

    def on_server_event(self, event: ServerEvent) -> None:
        """Take any other event of the session."""
        ...

    def on_session_ready(self) -> None:
        """Note that a session stands, its formats confirmed."""
        ...

    def on_session_lost(self, reason: str, *, is_fatal: bool) -> None:
        """Note that there is no session; `reason` is a short code. If it `is_fatal`, another session would meet the same."""
        ...

    def on_response_refused(self, reason: str) -> None:
        """Note that the model will not give the response that it was asked for."""
        ...


class ModelSession:
    """At most one session at a time; nothing that an older one still sends is passed on.

    Its tasks live in the call's group. `dropped` and `unreadable` count messages of the sessions that are closed.
    """

    def __init__(
        self,
        receiver: ModelSessionReceiver,
        lane: AudioLane,
        *,
        tasks: asyncio.TaskGroup,
        script: CallScript,
        settings: SessionSettings,
    ) -> None:
        self._receiver = receiver
        self._lane = lane
        self._tasks = tasks
        self._script = script
        self._settings = settings
        self._current: ModelLeg | None = None  # None while there is no session
        self._connecting: asyncio.Task[None] | None = None  # None while none is being opened
        self._is_revealed = False
        self.dropped = 0
        self.unreadable = 0

    def connect(self, so_far: Sequence[Turn] = ()) -> None:
        """Take a session, and tell it what was said so far."""
        self.drop()
        self._connecting = self._tasks.create_task(self._connect(so_far))

    def drop(self) -> None:
        """Be without a session from now on: nothing of it is heard while it is being closed."""
        self.cancel()
        self._lane.disconnect()
        leg, self._current = self._current, None
        if leg is not None:
            leg.detach()
            self._tasks.create_task(self._close(leg))

    def cancel(self) -> None:
        """Give up a session that is being opened."""
        if self._connecting is not None:
            self._connecting.cancel()
            self._connecting = None

    async def close(self) -> None:
        """Close the session, if there is one, for good."""
        self.cancel()
        self._lane.disconnect()
        leg, self._current = self._current, None
        if leg is not None:
            await self._close(leg)

    def send(self, message: bytes) -> None:
        """Send a request. Without a session it is not sent: `on_session_lost` has told the call that there is none."""
        if self._current is not None:
            self._current.send(message)

    def reveal(self) -> None:
        """Tell this session, and any later one, what was ordered."""
        first, self._is_revealed = self._instructions, True
        revealed = self._instructions
        is_same = first.tools is revealed.tools  # those of a caller without proof hold no decision
        self.send(request.instructions_update(revealed) if is_same else request.reveal_update(revealed))

    def switch_language(self, code: str) -> CallScript:
        """Give this session, and any later one, the call's words in another language; returns them."""
        self._script = self._script.in_language(code) or self._script
        self.send(request.instructions_update(self._instructions))
        self.send(request.transcription_update(self._script.transcription))
        return self._script

    def on_transcript_delta(self, head: EventHead) -> None:
        """Pass the agent's next words on."""
        self._receiver.on_transcript_delta(head)

    def on_server_event(self, leg: ModelLeg, event: ServerEvent) -> None:
        """Pass on what the current session told, and act on errors. A session in another format is lost before it is heard."""
        if leg is not self._current:
            return
        if isinstance(event, SessionDescribed) and event.is_update and not event.is_mulaw:
            self._lose(FORMATS_REFUSED)
            return
        refusal = _refusal(event)
        if refusal is not None:
            self._settings.sessions.refused(refusal)
            self._lose(refusal)
            return
        if isinstance(event, ErrorReported):
            self._act_on(event)
        self._receiver.on_server_event(event)

    def on_model_closed(self, leg: ModelLeg) -> None:
        """Tell the call that its session broke."""
        if leg is self._current:
            self._lose("closed")

    @property
    def _instructions(self) -> request.Instructions:
        return self._script.revealed if self._is_revealed else self._script.instructions

    async def _connect(self, so_far: Sequence[Turn]) -> None:
        try:
            leg = await self._settings.sessions.take(
                limit_s=self._settings.connect_limit_s, safety_identifier=self._settings.safety_identifier
            )
        except ConnectionFailedError as error:
            self._connecting = None
            self._receiver.on_session_lost(error.reason, is_fatal=is_fatal(error.reason))
            return
        self._connecting = None
        self._current = leg
        leg.attach(self, on_audio=self._lane.on_model_audio)
        leg.send(request.full_update(self._settings.audio, self._instructions))
        record = talk_so_far(so_far)
        if record is not None:
            leg.send(request.remark(record))
        self._lane.connect(leg)
        self._receiver.on_session_ready()
        leg.send(request.transcription_update(self._script.transcription))

    async def _close(self, leg: ModelLeg) -> None:
        self.dropped += leg.dropped
        self.unreadable += leg.unreadable
        await leg.close()

    def _act_on(self, error: ErrorReported) -> None:
        """Treat a refused session as lost, and a refused response as failed; any other error has no effect beyond its request."""
        self._settings.metrics.model.errors.labels(code=error.code).inc()
        if error.request_id == request.FULL_UPDATE:
            self._lose(error.code)
        elif error.request_id == request.RESPONSE:
            self._receiver.on_response_refused(error.code)

    def _lose(self, reason: str) -> None:
        self.drop()
        self._receiver.on_session_lost(reason, is_fatal=is_fatal(reason))


def _refusal(event: ServerEvent) -> str | None:
    """Return why OpenAI refuses us, in an error or at the end of a response, if any other session would meet the same."""
    match event:
        case ErrorReported(code=code):
            return code if is_fatal(code) else None
        case ResponseFinished(event=done):
            return done.reason if done.status is ResponseStatus.FAILED and is_fatal(done.reason) else None
        case _:
            return None
