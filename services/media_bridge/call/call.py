"""One live call: two legs, one machine, one deadline, one task group. What the machine orders is carried out here.

Whatever comes in is handed to the machine at once, in the callback that brings it, so that nothing stands between a
customer's word and the silence it asks for. The call's task waits for the end, and cleans up.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from services.media_bridge.call import stored_prompts
from services.media_bridge.call.audio_lane import AudioLane, Recorder
from services.media_bridge.call.call_script import CallScript
from services.media_bridge.call.call_stats import Figures
from services.media_bridge.call.fact_writer import RecordKeeper
from services.media_bridge.call.model_session import ModelLink
from services.media_bridge.call.transcript import Transcript
from services.media_bridge.openai import requests_wire as request
from services.media_bridge.openai.events_wire import (
    AgentSaid,
    CustomerSaid,
    ErrorTold,
    Head,
    ItemAdded,
    ResponseFinished,
    SessionTold,
    Told,
    words,
)
from services.media_bridge.twilio.leg import CallerLeg
from services.media_bridge.twilio.stream_wire import Fact as CallerFact
from services.media_bridge.twilio.stream_wire import StreamStarted
from services.media_bridge.websocket import INTERNAL
from shared import languages
from shared.core.confirmation import Attempt, Conclusion, Confirmation
from shared.core.conversation import actions as act
from shared.core.conversation import events as ev
from shared.core.conversation.machine import ConversationMachine
from shared.core.conversation.playback import Playback
from shared.core.speech.script import say_exactly

_FLUSH_LIMIT_S = 3.0
_SAVE_EVERY_TURNS = 4


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How a call ended, as the log and the metrics tell it."""

    reason: str
    conclusion: Conclusion | None
    goes_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTools:
    """What a call works with; all of it is the call's alone. `watch` tells it what others write about it."""

    caller: CallerLeg
    link: ModelLink
    keeper: RecordKeeper
    figures: Figures
    recorder: Recorder | None
    watch: Callable[["Call"], Coroutine[None, None, None]]
    clock: Callable[[], float]
    wall_clock: Callable[[], datetime]


class Call:
    """One call, from the admitted stream to the end of both legs. Single use. `script` is in the language spoken now."""

    def __init__(self, attempt: Attempt, script: CallScript, tools: CallTools) -> None:
        self._attempt_id = attempt.id
        self.script = script
        self._caller = tools.caller
        self._link = tools.link
        self._keeper = tools.keeper
        self._figures = tools.figures
        self._watch = tools.watch
        self._clock = tools.clock
        self._wall_clock = tools.wall_clock
        self._transcript = Transcript(attempt.number)
        self._unsaved_turns = 0
        self._playback = Playback()
        self._machine = ConversationMachine(script.plan, self._playback)
        self.lane = AudioLane(tools.caller, self._playback, clock=tools.clock, on_began=self._audio_began, recorder=tools.recorder)
        self.model_sounded = self.lane.hear_model
        self._events: deque[tuple[ev.Event, float]] = deque()
        self._is_receiving = False
        self._timer: asyncio.TimerHandle | None = None
        self._wakes_at = 0.0
        self._ended: asyncio.Future[CallEnd] = asyncio.get_running_loop().create_future()
        self._seen: set[type[ev.Event]] = set()

    async def run(self, early: Sequence[CallerFact] = ()) -> CallEnd:
        """Talk until the end; `early` came before. All tasks and both legs are gone then, except a line that goes on."""
        keeps_line = False
        try:
            async with asyncio.TaskGroup() as tasks:
                self._link.start(tasks, self)
                watching = tasks.create_task(self._watch(self))
                self.receive(ev.CalleeOnLine())
                for fact in early:
                    self.caller_told(fact)
                try:
                    end = await self._ended
                finally:
                    self._stop_timer()
                    watching.cancel()
                    self._link.cancel()
                    self._keeper.put_turns(self._transcript.turns())
                tasks.create_task(self._link.close())
                if end.goes_on:
                    self.lane.disconnect()
                    keeps_line = True
                    return end
                if not self._caller.has_ended:  # what the TwiML goes on with depends on what is written by then
                    await self._keeper.flushed(_FLUSH_LIMIT_S)
                await self._caller.close()
                return end
        finally:
            await self._link.close()
            if not keeps_line:
                await self._caller.close(INTERNAL)

    def caller_told(self, fact: CallerFact) -> None:
        """Take a key, a mark or the end (leg). A mark from amid the agent's words, five a second, is no news for the machine."""
        is_amid = isinstance(fact, ev.MarkEchoed) and self._playback.echo_within(fact.name, self._clock())
        if not is_amid and not isinstance(fact, StreamStarted):
            self.receive(fact)

    def model_worded(self, head: Head) -> None:
        """Take the agent's words (link)."""
        self._transcript.add_words(head.item_id, words(head))

    def model_told(self, told: Told) -> None:
        """Take an event of the model's (link)."""
        match told:
            case SessionTold() | ErrorTold():
                pass
            case ItemAdded():
                self._transcript.add_item(told, self._wall_clock())
            case AgentSaid():
                self._write(told)
                self.receive(ev.AgentSpoke(told.text))
            case CustomerSaid():
                self._write(told)
            case ResponseFinished():
                self._figures.usage += told.usage
                for said in told.said:
                    self._transcript.write(said.item_id, said.text)
                self.receive(told.event)
            case _:
                self.receive(told)

    def model_ready(self) -> None:
        """Learn that a session stands (link)."""
        self._link.connect_lane(self.lane)
        self.receive(ev.ModelReady())

    def model_lost(self, reason: str) -> None:
        """Learn that there is no session (link)."""
        self.lane.disconnect()
        self.receive(ev.ModelLost(reason))

    def record_changed(self, confirmation: Confirmation) -> None:
        """Tell the machine what others have written about this call, each thing once."""
        if confirmation.withdrawn_at is not None:
            self._receive_once(ev.OrderWithdrawn())
        attempt = next((one for one in confirmation.attempts if one.id == self._attempt_id), None)
        if attempt is None or not attempt.is_open:
            self._receive_once(ev.CallerLegEnded("call_ended"))
        elif attempt.is_machine:
            self._receive_once(ev.CalleeIsMachine(attempt.has_greeting_ended))
        elif attempt.answered_by is not None:
            self._receive_once(ev.CalleeIsPerson())

    def record_erased(self) -> None:
        """End politely: there is no order any more."""
        self._receive_once(ev.OrderWithdrawn())

    def receive(self, event: ev.Event) -> None:
        """Give the machine an event and do what it orders; what that leads to in turn waits its turn."""
        self._events.append((event, self._clock()))
        if self._is_receiving:
            return
        self._is_receiving = True
        try:
            while self._events:
                self._take(*self._events.popleft())
        except Exception as error:  # outermost: a socket or a timer called us; the call's task raises it
            if not self._ended.done():
                self._ended.set_exception(error)
        finally:
            self._is_receiving = False

    def _write(self, said: AgentSaid | CustomerSaid) -> None:
        self._transcript.write(said.item_id, said.text)
        self._unsaved_turns += 1
        if self._unsaved_turns >= _SAVE_EVERY_TURNS:
            self._unsaved_turns = 0
            self._keeper.put_turns(self._transcript.turns())

    def _receive_once(self, event: ev.Event) -> None:
        if type(event) not in self._seen:
            self._seen.add(type(event))
            self.receive(event)

    def _audio_began(self, response_id: str, item_id: str) -> None:
        self.receive(ev.AudioBegan(response_id, item_id))

    def _take(self, event: ev.Event, now: float) -> None:
        self._figures.note(event, now)
        for action in self._machine.receive(event, now):
            self._perform(action, now)
        self._set_timer()

    def _perform(self, action: act.Action, now: float) -> None:  # noqa: C901, PLR0912 - one row an action
        match action:
            case act.Say(text=text):
                self._link.send(request.say(say_exactly(text, self.script.spelled_id)))
            case act.Respond(hint=hint):
                if hint is not None:
                    self._link.send(request.remark(hint))
                self._link.send(request.respond())
            case act.CancelResponse(response_id=response_id):
                self._link.send(request.cancel(response_id))
            case act.TruncateItem(item=item):
                self._link.send(request.truncate(item.item_id, item.heard_ms))
                self._transcript.cut(item.item_id, item.share)
            case act.AnswerTool(call_id=call_id, output=output):
                self._link.send(request.tool_output(call_id, output))
            case act.TellModel(text=text):
                self._link.send(request.remark(text))
            case act.RevealOrder():
                self._link.reveal()
            case act.SwitchLanguage(code=code):
                self.script = self._link.translate(code)
            case act.ClearPlayback():
                self.lane.clear()
                self._figures.note_clear(self._clock() - now)
            case act.SendMark(name=name):
                self.lane.mark(name)
            case act.PlayStored(key=key, item_id=item_id):
                self._play(key, item_id)
            case act.ReconnectModel():
                self.lane.disconnect()
                self._link.reconnect(self._transcript.turns())
            case act.DropModel():
                self.lane.disconnect()
                self._link.drop()
            case act.RecordVerdict():
                self._figures.note_verdict(action.report.kind, action.channel)
                self._keeper.put_verdict(action, self.script.language)
            case act.RecordDisclosure():
                self._keeper.put_disclosure()
            case act.EndConversation():
                self._conclude(action)
            case _:  # pragma: no cover
                assert_never(action)

    def _play(self, key: str, item_id: str) -> None:
        for payload in stored_prompts.payloads(self.script.language, key):
            self.lane.play(item_id, payload)
        self.lane.mark(self._playback.next_mark())
        self._transcript.add_prompt(item_id, languages.load(self.script.language).stored[key], self._wall_clock())
        self.receive(ev.StoredPromptQueued(item_id))

    def _conclude(self, action: act.EndConversation) -> None:
        for item in self._playback.unheard_items(self._clock()):  # whoever hung up did not hear the rest
            self._transcript.cut(item.item_id, item.share)
        self._keeper.put_end(action, self._figures.cost)
        if not self._ended.done():
            self._ended.set_result(CallEnd(action.reason, action.conclusion, action.goes_on))

    def _set_timer(self) -> None:
        """Wake at the deadline, which moves with every mark: a timer for an earlier moment stays, and sets the next one itself."""
        deadline = self._machine.deadline
        if deadline is None or self._ended.done() or (self._timer is not None and self._wakes_at <= deadline):
            return
        self._stop_timer()
        self._wakes_at = deadline
        self._timer = asyncio.get_running_loop().call_later(max(0.0, deadline - self._clock()), self._deadline_reached)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _deadline_reached(self) -> None:
        self._timer = None
        deadline = self._machine.deadline
        if deadline is not None and deadline <= self._clock():
            self.receive(ev.DeadlineReached())
        else:
            self._set_timer()
