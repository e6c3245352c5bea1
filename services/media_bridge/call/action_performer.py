"""Carries out what the conversation machine orders."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from services.media_bridge.call.audio_lane import AudioLane
from services.media_bridge.call.call_script import CallScript
from services.media_bridge.call.call_stats import CallStats
from services.media_bridge.call.model_session import ModelSession
from services.media_bridge.call.prompt_payloads import prompt_payloads
from services.media_bridge.call_record.fact_writer import FactWriter
from services.media_bridge.call_record.transcript_writer import TranscriptWriter
from services.media_bridge.openai import requests_wire as request
from shared import languages
from shared.core.conversation import actions as act
from shared.core.conversation import events as ev
from shared.core.conversation.playback import Playback
from shared.core.speech.instructions import say_exactly


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionTargets:
    """The parts of a call that actions are carried out on."""

    model: ModelSession
    lane: AudioLane
    playback: Playback
    transcript: TranscriptWriter
    facts: FactWriter
    stats: CallStats
    clock: Callable[[], float]


class ActionPerformer:
    """Carries out one call's actions. `script` is in the language that is spoken now.

    `receive` takes the events that an action causes at once; `conclude` is called at the end of the conversation.
    """

    def __init__(
        self,
        script: CallScript,
        targets: ActionTargets,
        *,
        receive: Callable[[ev.Event], None],
        conclude: Callable[[act.EndConversation], None],
    ) -> None:
        self.script = script
        self._model = targets.model
        self._lane = targets.lane
        self._playback = targets.playback
        self._transcript = targets.transcript
        self._facts = targets.facts
        self._stats = targets.stats
        self._clock = targets.clock
        self._receive = receive
        self._conclude = conclude

    def perform(self, action: act.Action, now: float) -> None:  # noqa: C901, PLR0912 - one row an action
        """Carry out an action; its cause was received at `now` (monotonic seconds)."""
        match action:
            case act.Say(text=text):
                self._stats.note_request(now)
                self._model.send(request.say(say_exactly(text, self.script.spelled_id)))
            case act.Respond(hint=hint):
                self._stats.note_request(now)
                if hint is not None:
                    self._model.send(request.remark(hint))
                self._model.send(request.respond())
            case act.CancelResponse(response_id=response_id):
                self._model.send(request.cancel(response_id))
            case act.TruncateItem(item=item):
                self._model.send(request.truncate(item.item_id, item.heard_ms))
                self._transcript.cut(item.item_id, item.share)
            case act.AnswerTool(call_id=call_id, output=output):
                self._stats.note_tool_answer(now)
                self._model.send(request.tool_output(call_id, output))
            case act.TellModel(text=text):
                self._model.send(request.remark(text))
            case act.RevealOrder():
                self._model.reveal()
            case act.SwitchLanguage(code=code):
                self.script = self._model.switch_language(code)
            case act.ClearPlayback():
                self._lane.clear()
                self._stats.note_clear(self._clock() - now)
            case act.SendMark(name=name):
                self._lane.mark(name)
            case act.PlayStored(key=key, item_id=item_id):
                self._play(key, item_id)
            case act.ReconnectModel():
                self._model.connect(self._transcript.turns())
            case act.DropModel():
                self._model.drop()
            case act.RecordVerdict():
                self._stats.note_verdict(action.report.kind, action.channel)
                self._facts.put_verdict(action, self.script.language)
            case act.RecordProof():
                self._facts.put_proof()
            case act.RecordWrongProof(failures=failures):
                self._facts.put_wrong_proof(failures)
            case act.RecordDisclosure():
                self._facts.put_disclosure()
            case act.EndConversation():
                self._end(action)
            case _:  # pragma: no cover
                assert_never(action)

    def _play(self, key: str, item_id: str) -> None:
        self._stats.note_prompt(key)
        for payload in prompt_payloads(self.script.language, key):
            self._lane.play(item_id, payload)
        self._lane.mark(self._playback.next_mark())
        self._transcript.add_prompt(item_id, languages.load(self.script.language).stored[key])
        self._receive(ev.StoredPromptQueued(item_id))

    def _end(self, action: act.EndConversation) -> None:
        for item in self._playback.unheard_items(self._clock()):  # a caller who hung up did not hear the rest
            self._transcript.cut(item.item_id, item.share)
        self._facts.put_end(action, self._stats.cost)
        self._conclude(action)
