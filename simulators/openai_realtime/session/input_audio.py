"""The input audio buffer of a session: finds the customer's turns in the audio, recognizes and transcribes them."""

import asyncio

from simulators.openai_realtime.dialogue.text_parsing import language_of, script_of
from simulators.openai_realtime.events.validators import Json, RefusedError
from simulators.openai_realtime.hearing.phrase_recognizer import PhraseRecognizer, Recognition
from simulators.openai_realtime.hearing.vad import SpeechStarted, SpeechStopped, VadSettings, VoiceActivity
from simulators.openai_realtime.ledger import TurnRecord, now_ms
from simulators.openai_realtime.responses.scheduler import ResponseScheduler
from simulators.openai_realtime.session_context.channel import Channel
from simulators.openai_realtime.session_context.conversation import Item, Understanding, new_id
from simulators.openai_realtime.session_context.idle_timer import IdleTimer
from simulators.openai_realtime.session_context.state import SessionState
from simulators.openai_realtime.session_context.tasks import SessionTasks
from simulators.openai_realtime.session_context.user_items import commit_user_item

_SHORTEST_COMMIT_MS = 100
_BYTES_PER_MS = 8


class InputAudio:
    """The buffer and its effects on the session; `recognition` is that of the latest turn."""

    def __init__(
        self,
        state: SessionState,
        channel: Channel,
        *,
        tasks: SessionTasks,
        idle: IdleTimer,
        responses: ResponseScheduler,
        recognizer: PhraseRecognizer,
    ) -> None:
        self._state = state
        self._channel = channel
        self._tasks = tasks
        self._idle = idle
        self._responses = responses
        self._recognizer = recognizer
        self._voice = VoiceActivity()
        self._turn: TurnRecord | None = None
        self.recognition: asyncio.Task[Recognition] | None = None

    async def append(self, mulaw: bytes) -> None:
        """Add appended audio (mu-law at 8 kHz)."""
        audio = self._state.record.audio
        audio.arrived(now_ms())
        for event in self._voice.append(mulaw, _settings_of(self._detection)):
            match event:
                case SpeechStarted(audio_start_ms):
                    await self._begin_turn(audio_start_ms)
                case SpeechStopped(audio_end_ms, segment):
                    await self._end_turn(audio_end_ms, segment)
        audio.audio_in_ms = self._voice.heard_ms

    async def commit(self) -> None:
        """Carry out an `input_audio_buffer.commit`: the buffered audio becomes a user item, without a response."""
        buffered_ms = self._voice.buffered_ms
        if buffered_ms < _SHORTEST_COMMIT_MS:
            message = (
                f"Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
                f"but buffer only has {buffered_ms:.2f}ms of audio."
            )
            raise RefusedError("input_audio_buffer_commit_empty", message)
        end_ms = self._voice.heard_ms
        turn = self._turn or TurnRecord(new_id("item"), max(0, end_ms - int(buffered_ms)), now_ms())
        if self._turn is None:
            self._state.record.turns.append(turn)
        self._close_turn()
        turn.audio_end_ms, turn.stopped_at_ms = end_ms, now_ms()
        await self._commit_turn(turn, self._voice.take())

    def clear(self) -> None:
        """Carry out an `input_audio_buffer.clear`: drop the buffered audio, and a turn in progress with it."""
        self._voice.take()
        self._close_turn()

    @property
    def _detection(self) -> Json | None:
        detection: Json | None = self._state.config["audio"]["input"]["turn_detection"]
        return detection

    def _close_turn(self) -> None:
        self._turn = None
        self._idle.turn_ended()

    async def _begin_turn(self, audio_start_ms: int) -> None:
        self._idle.turn_began()
        turn = TurnRecord(new_id("item"), audio_start_ms, now_ms())
        self._turn = turn
        self._state.record.turns.append(turn)
        where = {"audio_start_ms": audio_start_ms, "item_id": turn.item_id}
        await self._channel.send({"type": "input_audio_buffer.speech_started", **where})
        if (self._detection or {}).get("interrupt_response"):
            self._responses.interrupt()

    async def _end_turn(self, audio_end_ms: int, segment: bytes) -> None:
        turn = self._turn
        self._close_turn()
        if turn is None:
            return
        turn.audio_end_ms, turn.stopped_at_ms = audio_end_ms, now_ms()
        where = {"audio_end_ms": audio_end_ms, "item_id": turn.item_id}
        await self._channel.send({"type": "input_audio_buffer.speech_stopped", **where})
        heard = await self._commit_turn(turn, segment)
        if (self._detection or {}).get("create_response"):
            await self._responses.create_for_turn("vad", heard)

    async def _commit_turn(self, turn: TurnRecord, segment: bytes) -> asyncio.Task[Recognition]:
        """Add the user item with its events, and start the recognition, which runs concurrently."""
        item = await commit_user_item(self._state, self._channel, turn.item_id)
        heard = self.recognition = self._tasks.start_to_finish(self._recognize(item, turn, segment))
        if self._state.config["audio"]["input"]["transcription"] is not None:
            seconds = len(segment) / _BYTES_PER_MS / 1000
            self._tasks.start(self._transcribe(item, heard, seconds))
        return heard

    async def _recognize(self, item: Item, turn: TurnRecord, segment: bytes) -> Recognition:
        language = language_of(script_of(self._state.config["instructions"]))
        heard = await asyncio.to_thread(self._recognizer.recognize, segment, language=language)
        item.understood = Understanding(heard.intent, heard.phrase, heard.language)
        turn.intent, turn.phrase, turn.score = heard.intent.value, heard.phrase, round(heard.score, 3)
        return heard

    async def _transcribe(self, item: Item, heard: asyncio.Task[Recognition], seconds: float) -> None:
        """Send the transcript late and independently of the response, because OpenAI uses another model for it."""
        words = (await heard).phrase
        await asyncio.sleep(self._state.faults.transcription_delay_ms / 1000)
        name = "conversation.item.input_audio_transcription"
        where = {"item_id": item.id, "content_index": 0}
        if self._state.faults.fail_transcription:
            error = {"type": "server_error", "code": "audio_unintelligible", "message": "Failed.", "param": None}
            await self._channel.send({"type": f"{name}.failed", **where, "error": error})
            return
        item.content[0]["transcript"] = words
        if words:
            await self._channel.send({"type": f"{name}.delta", **where, "delta": words})
        usage = {"type": "duration", "seconds": round(seconds, 2)}
        await self._channel.send({"type": f"{name}.completed", **where, "transcript": words, "usage": usage})


def _settings_of(detection: Json | None) -> VadSettings | None:
    if detection is None:
        return None
    if detection["type"] == "semantic_vad":
        return VadSettings()
    return VadSettings(
        threshold=detection["threshold"],
        prefix_padding_ms=detection["prefix_padding_ms"],
        silence_duration_ms=detection["silence_duration_ms"],
    )
