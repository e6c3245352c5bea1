"""One live call: two legs, one conversation machine, one task group.

Whatever comes in is given to the machine at once, in the callback that brings it, so that nothing delays the silence that
a customer's word asks for. The call's task waits for the end, and cleans up.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.media_bridge.call.action_performer import ActionPerformer, ActionTargets
from services.media_bridge.call.audio_lane import AudioLane, Recorder
from services.media_bridge.call.call_script import CallScript
from services.media_bridge.call.call_stats import CallStats
from services.media_bridge.call.conversation_driver import ConversationDriver
from services.media_bridge.call.model_session import ModelSession, SessionSettings
from services.media_bridge.call_record.confirmation_changes import ConfirmationChanges
from services.media_bridge.call_record.fact_writer import FactWriter
from services.media_bridge.call_record.transcript import CallTranscript
from services.media_bridge.call_record.transcript_writer import TranscriptWriter
from services.media_bridge.openai.events_wire import (
    AgentSaid,
    CustomerSaid,
    ErrorReported,
    EventHead,
    ItemAdded,
    ResponseFinished,
    ServerEvent,
    SessionDescribed,
)
from services.media_bridge.twilio.leg import CallerLeg
from services.media_bridge.twilio.outgoing_stream import OutgoingStream
from services.media_bridge.twilio.stream_wire import CallerEvent, StreamStarted
from services.media_bridge.websocket import INTERNAL
from shared.core.confirmation import Attempt, Conclusion
from shared.core.conversation import actions as act
from shared.core.conversation import events as ev
from shared.core.conversation.machine import ConversationMachine
from shared.core.conversation.playback import Playback

_FLUSH_LIMIT_S = 3.0


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How a call ended, as the log and the metrics tell it."""

    reason: str
    conclusion: Conclusion | None
    goes_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDependencies:
    """What a call works with. `watch` runs beside the call and reports what others write about it."""

    caller: CallerLeg
    outgoing: OutgoingStream
    sessions: SessionSettings
    facts: FactWriter
    stats: CallStats
    recorder: Recorder | None
    watch: Callable[[ConfirmationChanges], Coroutine[None, None, None]]
    clock: Callable[[], float]
    wall_clock: Callable[[], datetime]


class Call:
    """One call, from the admitted stream to the end of both legs. `run` is called once."""

    def __init__(self, attempt: Attempt, script: CallScript, dependencies: CallDependencies) -> None:
        self._caller = dependencies.caller
        self._facts = dependencies.facts
        self._stats = dependencies.stats
        self._watch = dependencies.watch
        self._clock = clock = dependencies.clock
        self._playback = Playback()
        self._tasks = asyncio.TaskGroup()  # entered by `run`
        self._ended: asyncio.Future[CallEnd] = asyncio.get_running_loop().create_future()
        self._transcript = TranscriptWriter(CallTranscript(attempt.number), dependencies.facts, wall_clock=dependencies.wall_clock)
        self.changes = ConfirmationChanges(attempt.id, receive=self._receive)
        self.lane = AudioLane(
            dependencies.caller,
            dependencies.outgoing,
            self._playback,
            clock=clock,
            on_began=self._on_audio_began,
            recorder=dependencies.recorder,
        )
        self.model = ModelSession(self, self.lane, tasks=self._tasks, script=script, settings=dependencies.sessions)
        self._performer = ActionPerformer(
            script,
            ActionTargets(
                model=self.model,
                lane=self.lane,
                playback=self._playback,
                transcript=self._transcript,
                facts=dependencies.facts,
                stats=dependencies.stats,
                clock=clock,
            ),
            receive=self._receive,
            conclude=self._conclude,
        )
        self._driver = ConversationDriver(
            ConversationMachine(script.plan, self._playback),
            clock=clock,
            note=dependencies.stats.note,
            perform=self._performer.perform,
            on_failure=self._fail,
        )

    @property
    def language(self) -> str:
        """The language that is spoken now."""
        return self._performer.script.language

    @property
    def model_losses(self) -> tuple[str, ...]:
        """Why each session with the model was missed or lost, as short codes."""
        return self._driver.model_losses

    async def run(self, early: Sequence[CallerEvent] = ()) -> CallEnd:
        """Talk until the end; `early` came before. All tasks and both legs are gone then, unless the line goes on."""
        keeps_line = False
        try:
            async with self._tasks as tasks:
                self.model.connect()
                watching = tasks.create_task(self._watch(self.changes))
                self._receive(ev.CalleeOnLine())
                for event in early:
                    self.on_caller_event(event)
                try:
                    end = await self._ended
                finally:
                    self._driver.stop()
                    watching.cancel()
                    self.model.cancel()
                    self._transcript.save()
                tasks.create_task(self.model.close())
                if end.goes_on:
                    self.lane.disconnect()
                    keeps_line = True
                    return end
                if not self._caller.has_ended:  # what the TwiML goes on with depends on what is written by then
                    await self._facts.flushed(_FLUSH_LIMIT_S)
                await self._caller.close()
                return end
        finally:
            await self.model.close()
            if not keeps_line:
                await self._caller.close(INTERNAL)

    def on_caller_event(self, event: CallerEvent) -> None:
        """Take a key, a mark or the end from the caller's leg.

        The machine is not told of a mark from amid the agent's words: those come five times a second.
        """
        is_amid = isinstance(event, ev.MarkEchoed) and self._playback.echo_within(event.name, self._clock())
        if not is_amid and not isinstance(event, StreamStarted):
            self._receive(event)

    def on_transcript_delta(self, head: EventHead) -> None:
        """Take the agent's next words from the session."""
        self._transcript.add_delta(head)

    def on_server_event(self, event: ServerEvent) -> None:
        """Take any other event of the session."""
        match event:
            case SessionDescribed() | ErrorReported():
                pass
            case ItemAdded():
                self._transcript.add_item(event)
            case AgentSaid():
                self._transcript.finish_turn(event)
                self._receive(ev.AgentSpoke(event.text))
            case CustomerSaid():
                self._transcript.finish_turn(event)
            case ResponseFinished():
                self._stats.usage += event.usage
                self._transcript.confirm(event.said)
                self._receive(event.event)
            case _:
                self._receive(event)

    def on_session_ready(self) -> None:
        """Tell the machine that a session stands."""
        self._receive(ev.ModelReady())

    def on_session_lost(self, reason: str, *, is_fatal: bool) -> None:
        """Tell the machine that there is no session."""
        self._receive(ev.ModelLost(reason, is_fatal=is_fatal))

    def on_response_refused(self, reason: str) -> None:
        """Tell the machine that the response which it asked for has failed."""
        self._receive(ev.ResponseDone("", ev.ResponseStatus.FAILED, reason=reason))

    def _receive(self, event: ev.Event) -> None:
        self.lane.flush()  # a mark that this leads to must stand behind all audio that came before
        self._driver.receive(event)

    def _on_audio_began(self, response_id: str, item_id: str) -> None:
        self._receive(ev.AudioBegan(response_id, item_id))

    def _conclude(self, action: act.EndConversation) -> None:
        self._driver.stop()
        if not self._ended.done():
            self._ended.set_result(CallEnd(action.reason, action.conclusion, action.goes_on))

    def _fail(self, error: Exception) -> None:
        if not self._ended.done():
            self._ended.set_exception(error)
