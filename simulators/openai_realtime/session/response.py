"""One response of the played model: its events in the API's order, its audio in bursts, its end when it is cut off."""

import asyncio
import base64
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from simulators.openai_realtime.dialogue.policy import Call, Reply
from simulators.openai_realtime.events.validators import Json
from simulators.openai_realtime.faults import Faults
from simulators.openai_realtime.hearing.audio import BYTES_PER_MS, AudioFormat, from_telephone
from simulators.openai_realtime.ledger import ResponseRecord, now_ms
from simulators.openai_realtime.session.conversation import Conversation, Item, new_id
from simulators.speech import voice

CancelReason = Literal["turn_detected", "client_cancelled"]
_AUDIO_TOKEN_MS = 50


class Stage(Protocol):
    """What a response needs of its session."""

    faults: Faults
    conversation: Conversation

    async def send(self, event: Json) -> None:
        """Send an event to the client."""

    async def put_on_the_wire(self, delta: Json) -> None:
        """Send an audio delta; the session counts them."""

    def disguise(self, call: Call) -> str:
        """The call's arguments as JSON text, or spoilt where a fault says so."""


@dataclass(frozen=True, slots=True)
class ResponseSettings:
    """How a response is asked for: the session's configuration with what `response.create` overrides."""

    trigger: str
    language: str
    modality: Literal["audio", "text"]
    audio_format: AudioFormat
    format_json: Json
    voice: Json | str
    max_output_tokens: int | str
    in_conversation: bool = True
    metadata: Json | None = None
    input_tokens: int = 0
    number: int = field(default=0, kw_only=True)


class Response:
    """A response from `response.created` to `response.done`. `perform` runs it, `cancel` cuts it off."""

    def __init__(self, stage: Stage, settings: ResponseSettings) -> None:
        self.id = new_id("resp")
        self.settings = settings
        self.record = ResponseRecord(self.id, settings.trigger, now_ms())
        self._stage = stage
        self._items: list[Item] = []
        self._cancelled = asyncio.Event()
        self._cancel_reason: CancelReason | None = None
        self._is_incomplete = False

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody has cut it off; it still has events to send."""
        return self._cancel_reason is not None

    def cancel(self, reason: CancelReason) -> None:
        """Cut it off; the events of its end follow from `perform`."""
        if self._cancel_reason is None:
            self._cancel_reason = reason
            self._cancelled.set()

    async def perform(self, think: Callable[[], Awaitable[Reply]]) -> None:
        """Send all its events; `think` finds out what it says and calls."""
        faults, number = self._stage.faults, self.settings.number
        await self._stage.send({"type": "response.created", "response": self.to_json("in_progress")})
        started = asyncio.get_running_loop().time()
        if number in faults.stalled_responses:
            await self._cancelled.wait()
        if number in faults.failed_responses:
            await self._pause_until(started + faults.response_latency_ms / 1000)
            await self._finish(failure=faults.failure_code)
            return
        reply = await think()
        if not await self._pause_until(started + faults.response_latency_ms / 1000):
            if reply.speech:
                await self._speak(reply.speech)
            for call in reply.calls:
                if not self.is_cancelled and not self._is_incomplete:
                    await self._call(call)
        await self._finish(failure=None)

    def to_json(self, status: str) -> Json:
        """The response object, as `response.created` and `response.done` show it."""
        output = {"format": self.settings.format_json, "voice": self.settings.voice}
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": None,
            "output": [item.to_json() for item in self._items],
            "conversation_id": self._stage.conversation.id if self.settings.in_conversation else None,
            "output_modalities": [self.settings.modality],
            "max_output_tokens": self.settings.max_output_tokens,
            "audio": {"output": output},
            "usage": None,
            "metadata": self.settings.metadata,
        }

    async def _speak(self, words: str) -> None:
        item = Item(new_id("item"), "message", "assistant", "in_progress")
        self.record.said = f"{self.record.said} {words}".strip()
        self.record.item_id = item.id
        place = await self._add(item)
        where = {**place, "content_index": 0}
        if self.settings.modality == "text":
            item.content.append({"type": "output_text", "text": words})
            await self._send("response.content_part.added", where, part={"type": "text", "text": ""})
            await self._send("response.output_text.delta", where, delta=words)
            await self._send("response.output_text.done", where, text=words)
            await self._send("response.content_part.done", where, part={"type": "text", "text": words})
        else:
            item.content.append({"type": "output_audio", "transcript": ""})
            await self._send("response.content_part.added", where, part={"type": "audio", "transcript": ""})
            await self._stream_audio(item, words, where)
            await self._send("response.output_audio.done", where)
            transcript = item.content[0]["transcript"]
            await self._send("response.output_audio_transcript.done", where, transcript=transcript)
            await self._send("response.content_part.done", where, part={"type": "audio", "transcript": transcript})
        await self._close(item, place)

    async def _stream_audio(self, item: Item, words: str, where: Json) -> None:
        """Audio deltas of odd sizes faster than real time, the transcript ahead of them; stops soon after a cancel."""
        audio = await asyncio.to_thread(_render, words, self.settings.language, self.settings.audio_format)
        bytes_per_ms = BYTES_PER_MS[self.settings.audio_format]
        item.speech, item.speech_ms = words, len(audio) // bytes_per_ms
        limit = self.settings.max_output_tokens
        if isinstance(limit, int) and len(audio) > limit * _AUDIO_TOKEN_MS * bytes_per_ms:
            audio = audio[: limit * _AUDIO_TOKEN_MS * bytes_per_ms]
            self._is_incomplete = True
        started, sent_bytes, late = asyncio.get_running_loop().time(), 0, 0
        part, transcript = item.content[0], _pieces(words)
        for chunk in _chunks(audio, self._stage.faults, bytes_per_ms // 8):
            if self.is_cancelled:
                late += 1
                if late > self._stage.faults.late_deltas:
                    break
            if transcript:
                piece = transcript.pop(0)
                part["transcript"] += piece
                await self._send("response.output_audio_transcript.delta", where, delta=piece)
            sent_bytes += len(chunk)
            item.audio_ms = sent_bytes // bytes_per_ms
            self._count_delta(item.audio_ms)
            delta = base64.b64encode(chunk).decode()
            await self._stage.put_on_the_wire({"type": "response.output_audio.delta", **where, "delta": delta})
            if not self.is_cancelled:
                await self._pause_until(started + sent_bytes / bytes_per_ms / 1000 / self._stage.faults.burst)
        for piece in () if self.is_cancelled else transcript:
            part["transcript"] += piece
            await self._send("response.output_audio_transcript.delta", where, delta=piece)

    async def _call(self, call: Call) -> None:
        item = Item(new_id("item"), "function_call", status="in_progress", name=call.name, call_id=new_id("call"))
        item.intended = call
        place = await self._add(item)
        where = {**place, "call_id": item.call_id}
        arguments = self._stage.disguise(call)
        for at in range(0, len(arguments), 24):
            piece = arguments[at : at + 24]
            item.arguments += piece
            await self._send("response.function_call_arguments.delta", where, delta=piece)
            if await self._pause(self._stage.faults.argument_delay_ms / 1000):
                break
        if not self.is_cancelled:
            self.record.calls.append({"name": item.name, "call_id": item.call_id, "arguments": arguments})
        done = {"name": item.name, "arguments": item.arguments}
        await self._send("response.function_call_arguments.done", where, **done)
        await self._close(item, place)

    async def _add(self, item: Item) -> Json:
        place: Json = {"response_id": self.id, "item_id": item.id, "output_index": len(self._items)}
        self._items.append(item)
        event = {"response_id": self.id, "output_index": place["output_index"], "item": item.to_json()}
        await self._stage.send({"type": "response.output_item.added", **event})
        if self.settings.in_conversation:
            previous = self._stage.conversation.add(item)
            added = {"previous_item_id": previous, "item": item.to_json()}
            await self._stage.send({"type": "conversation.item.added", **added})
        return place

    async def _close(self, item: Item, place: Json) -> None:
        item.status = "incomplete" if self.is_cancelled or self._is_incomplete else "completed"
        event = {"response_id": self.id, "output_index": place["output_index"], "item": item.to_json()}
        await self._stage.send({"type": "response.output_item.done", **event})
        if self.settings.in_conversation:
            previous = self._stage.conversation.before(item.id)
            done = {"previous_item_id": previous, "item": item.to_json()}
            await self._stage.send({"type": "conversation.item.done", **done})

    async def _finish(self, *, failure: str | None) -> None:
        status, details = "completed", None
        if failure is not None:
            message = "You exceeded your current quota, please check your plan and billing details."
            status = "failed"
            details = {"type": status, "error": {"type": failure, "code": failure, "message": message}}
        elif self._cancel_reason is not None:
            status = "cancelled"
            details = {"type": status, "reason": self._cancel_reason}
        elif self._is_incomplete:
            status = "incomplete"
            details = {"type": status, "reason": "max_output_tokens"}
        self.record.status = status
        self.record.reason = failure or self._cancel_reason
        self.record.done_ms = now_ms()
        final = {**self.to_json(status), "status_details": details}
        if status != "failed":
            final["usage"] = self._usage()
        await self._stage.send({"type": "response.done", "response": final})

    def _usage(self) -> Json:
        audio = sum(item.audio_ms for item in self._items) // _AUDIO_TOKEN_MS
        text = sum(len(item.text) + len(item.arguments) for item in self._items) // 4
        given = self.settings.input_tokens
        cached = given // 2
        return {
            "total_tokens": given + text + audio,
            "input_tokens": given,
            "output_tokens": text + audio,
            "input_token_details": {
                "text_tokens": given,
                "audio_tokens": 0,
                "image_tokens": 0,
                "cached_tokens": cached,
                "cached_tokens_details": {"text_tokens": cached, "audio_tokens": 0, "image_tokens": 0},
            },
            "output_token_details": {"text_tokens": text, "audio_tokens": audio},
        }

    def _count_delta(self, audio_ms: int) -> None:
        self.record.last_delta_ms = now_ms()
        if self.record.first_delta_ms is None:
            self.record.first_delta_ms = self.record.last_delta_ms
        self.record.deltas += 1
        self.record.audio_ms = audio_ms

    async def _send(self, event_type: str, where: Json, /, **more: object) -> None:
        await self._stage.send({"type": event_type, **where, **more})

    async def _pause_until(self, at: float) -> bool:
        return await self._pause(at - asyncio.get_running_loop().time())

    async def _pause(self, seconds: float) -> bool:
        """Wait; returns at once, and true, when the response is cancelled."""
        if seconds > 0:
            try:
                async with asyncio.timeout(seconds):
                    await self._cancelled.wait()
            except TimeoutError:
                pass
        return self.is_cancelled


def _render(words: str, language: str, audio_format: AudioFormat) -> bytes:
    return from_telephone(voice.speak(words, language=language, voice="agent"), audio_format)


def _pieces(words: str) -> list[str]:
    """The transcript in deltas of two words."""
    parts = words.split(" ")
    pairs = [" ".join(parts[at : at + 2]) for at in range(0, len(parts), 2)]
    return [pair if at == 0 else f" {pair}" for at, pair in enumerate(pairs)]


def _chunks(audio: bytes, faults: Faults, scale: int) -> list[bytes]:
    """The audio in pieces of odd sizes, always the same for the same length."""
    chance = random.Random(len(audio))
    chunks = []
    at = 0
    while at < len(audio):
        size = chance.randint(faults.smallest_delta_bytes, faults.largest_delta_bytes) * scale
        chunks.append(audio[at : at + size])
        at += size
    return chunks


def arguments_of(call: Call) -> str:
    """The arguments as the JSON text of a function call."""
    return json.dumps(dict(call.arguments), ensure_ascii=False)
