"""The customer's side of a session: turns found in the appended audio, understood, transcribed, and the idle line."""

import asyncio
from typing import TYPE_CHECKING

from simulators.openai_realtime.dialogue.text_parsing import language_of, script_of
from simulators.openai_realtime.events.validators import Json, RefusedError
from simulators.openai_realtime.hearing.transcriber import Ears, Heard
from simulators.openai_realtime.hearing.vad import SpeechStarted, SpeechStopped, VadSettings, VoiceActivity
from simulators.openai_realtime.ledger import TurnRecord, now_ms
from simulators.openai_realtime.session.conversation import Item, new_id

if TYPE_CHECKING:
    from simulators.openai_realtime.session.session import Session

_SHORTEST_COMMIT_MS = 100
_BYTES_PER_MS = 8


class Listening:
    """The input audio buffer of one session and all that follows from it; `hearing` is about the latest turn."""

    def __init__(self, session: "Session", ears: Ears) -> None:
        self._session = session
        self._ears = ears
        self._voice = VoiceActivity()
        self._turn: TurnRecord | None = None
        self._idle: asyncio.Task[None] | None = None
        self.hearing: asyncio.Task[Heard] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def append(self, mulaw: bytes) -> None:
        """Take in appended audio (mu-law at 8 kHz)."""
        record = self._session.record
        at_ms = now_ms()
        if record.first_audio_in_ms is None:
            record.first_audio_in_ms = at_ms
        late_ms = at_ms - record.first_audio_in_ms - record.audio_in_ms
        record.worst_lateness_ms = max(record.worst_lateness_ms, round(late_ms, 1))
        for event in self._voice.append(mulaw, _settings_of(self._detection)):
            match event:
                case SpeechStarted(audio_start_ms):
                    await self._begin_turn(audio_start_ms)
                case SpeechStopped(audio_end_ms, segment):
                    await self._end_turn(audio_end_ms, segment)
        record.audio_in_ms = self._voice.heard_ms

    async def commit(self) -> None:
        """An `input_audio_buffer.commit`: what is buffered becomes a user item, without a response."""
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
            self._session.record.turns.append(turn)
        self._turn = None
        turn.audio_end_ms, turn.stopped_at_ms = end_ms, now_ms()
        await self._commit_turn(turn, self._voice.take())

    def clear(self) -> None:
        """An `input_audio_buffer.clear`: forget what is buffered, and an open turn with it."""
        self._voice.take()
        self._turn = None

    def await_idle(self, playback_ms: float) -> None:
        """The last response is done and will be played for so long; ask again if nobody speaks after that."""
        timeout_ms = (self._detection or {}).get("idle_timeout_ms")
        self.cancel_idle()
        if timeout_ms is not None and self._turn is None:
            self._idle = self._session.start(self._break_the_silence(max(0.0, playback_ms), timeout_ms))

    def cancel_idle(self) -> None:
        """Somebody speaks."""
        if self._idle is not None and self._idle is not asyncio.current_task():
            self._idle.cancel()
        self._idle = None

    def stop(self) -> None:
        """The session has ended."""
        self.cancel_idle()
        for task in self._tasks:
            task.cancel()

    @property
    def _detection(self) -> Json | None:
        detection: Json | None = self._session.config["audio"]["input"]["turn_detection"]
        return detection

    async def _begin_turn(self, audio_start_ms: int) -> None:
        self.cancel_idle()
        turn = TurnRecord(new_id("item"), audio_start_ms, now_ms())
        self._turn = turn
        self._session.record.turns.append(turn)
        where = {"audio_start_ms": audio_start_ms, "item_id": turn.item_id}
        await self._session.send({"type": "input_audio_buffer.speech_started", **where})
        if (self._detection or {}).get("interrupt_response"):
            self._session.speaking.interrupt()

    async def _end_turn(self, audio_end_ms: int, segment: bytes) -> None:
        turn, self._turn = self._turn, None
        if turn is None:
            return
        turn.audio_end_ms, turn.stopped_at_ms = audio_end_ms, now_ms()
        where = {"audio_end_ms": audio_end_ms, "item_id": turn.item_id}
        await self._session.send({"type": "input_audio_buffer.speech_stopped", **where})
        heard = await self._commit_turn(turn, segment)
        if (self._detection or {}).get("create_response"):
            await self._session.speaking.create_for_turn("vad", heard)

    async def _commit_turn(self, turn: TurnRecord, segment: bytes) -> asyncio.Task[Heard]:
        """The user item with its events; hearing it goes on beside."""
        item = await self._add_item(turn.item_id)
        heard = self.hearing = self._session.start(self._hear(item, turn, segment))
        if self._session.config["audio"]["input"]["transcription"] is not None:
            seconds = len(segment) / _BYTES_PER_MS / 1000
            task = self._session.start(self._transcribe(item, heard, seconds))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return heard

    async def _add_item(self, item_id: str) -> Item:
        content = [{"type": "input_audio", "transcript": None}]
        item = Item(item_id, "message", "user", content=content)
        previous = self._session.conversation.add(item)
        where = {"item_id": item_id, "previous_item_id": previous}
        await self._session.send({"type": "input_audio_buffer.committed", **where})
        for name in ("conversation.item.added", "conversation.item.done"):
            await self._session.send({"type": name, "previous_item_id": previous, "item": item.to_json()})
        return item

    async def _hear(self, item: Item, turn: TurnRecord, segment: bytes) -> Heard:
        language = language_of(script_of(self._session.config["instructions"]))
        heard = await asyncio.to_thread(self._ears.hear, segment, language=language)
        item.intent, item.words, item.language = heard.intent, heard.phrase, heard.language
        turn.intent, turn.phrase, turn.score = heard.intent.value, heard.phrase, round(heard.score, 3)
        return heard

    async def _transcribe(self, item: Item, heard: asyncio.Task[Heard], seconds: float) -> None:
        """Late, and beside the response: transcription is another model's work."""
        words = (await heard).phrase
        await asyncio.sleep(self._session.faults.transcription_delay_ms / 1000)
        name = "conversation.item.input_audio_transcription"
        where = {"item_id": item.id, "content_index": 0}
        if self._session.faults.fail_transcription:
            error = {"type": "server_error", "code": "audio_unintelligible", "message": "Failed.", "param": None}
            await self._session.send({"type": f"{name}.failed", **where, "error": error})
            return
        item.content[0]["transcript"] = words
        if words:
            await self._session.send({"type": f"{name}.delta", **where, "delta": words})
        usage = {"type": "duration", "seconds": round(seconds, 2)}
        await self._session.send({"type": f"{name}.completed", **where, "transcript": words, "usage": usage})

    async def _break_the_silence(self, playback_ms: float, timeout_ms: int) -> None:
        await asyncio.sleep(playback_ms / 1000)
        start_ms = self._voice.heard_ms
        await asyncio.sleep(timeout_ms / 1000 / self._session.faults.idle_clock)
        item_id = new_id("item")
        where = {"audio_start_ms": start_ms, "audio_end_ms": self._voice.heard_ms, "item_id": item_id}
        await self._session.send({"type": "input_audio_buffer.timeout_triggered", **where})
        await self._add_item(item_id)
        await self._session.speaking.create_for_turn("idle", None)


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
