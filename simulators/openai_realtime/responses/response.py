"""One response of the simulated model: its events in the API's order, its audio in bursts, and its end after a cancel."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Literal

from simulators.openai_realtime.dialogue.turns import Reply, ToolCall
from simulators.openai_realtime.events.validators import Json
from simulators.openai_realtime.hearing.audio import BYTES_PER_MS
from simulators.openai_realtime.ledger import ResponseRecord, now_ms
from simulators.openai_realtime.responses.audio_deltas import audio_pieces, render, transcript_pieces
from simulators.openai_realtime.responses.response_json import AUDIO_TOKEN_MS, ResponseSettings, response_json, usage_json
from simulators.openai_realtime.responses.tool_arguments import ToolArguments
from simulators.openai_realtime.session_context.channel import Channel
from simulators.openai_realtime.session_context.conversation import Item, new_id
from simulators.openai_realtime.session_context.state import SessionState

CancelReason = Literal["turn_detected", "client_cancelled"]


class Response:
    """A response from `response.created` to `response.done`. `perform` runs it, `cancel` ends it early."""

    def __init__(self, state: SessionState, channel: Channel, settings: ResponseSettings, *, arguments: ToolArguments) -> None:
        self.id = new_id("resp")
        self.settings = settings
        self.record = ResponseRecord(self.id, settings.trigger, now_ms())
        self._state = state
        self._channel = channel
        self._arguments = arguments
        self._items: list[Item] = []
        self._cancelled = asyncio.Event()
        self._cancel_reason: CancelReason | None = None
        self._is_incomplete = False

    @property
    def is_cancelled(self) -> bool:
        """Whether it was cancelled; it may still have events to send."""
        return self._cancel_reason is not None

    def cancel(self, reason: CancelReason) -> None:
        """Cancel the response; `perform` sends the events of its end."""
        if self._cancel_reason is None:
            self._cancel_reason = reason
            self._cancelled.set()

    async def perform(self, think: Callable[[], Awaitable[Reply]]) -> None:
        """Send all events; `think` returns the model's words and calls."""
        faults, number = self._state.faults, self.settings.number
        await self._channel.send({"type": "response.created", "response": self._json("in_progress")})
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

    def _json(self, status: str) -> Json:
        conversation_id = self._state.conversation.id
        return response_json(self.id, self.settings, self._items, status=status, conversation_id=conversation_id)

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
        """Send audio deltas of uneven sizes faster than real time, with the transcript ahead; stop soon after a cancel."""
        audio = await asyncio.to_thread(render, words, self.settings.language, self.settings.audio_format)
        bytes_per_ms = BYTES_PER_MS[self.settings.audio_format]
        item.speech, item.speech_ms = words, len(audio) // bytes_per_ms
        limit = self.settings.max_output_tokens
        if isinstance(limit, int) and len(audio) > limit * AUDIO_TOKEN_MS * bytes_per_ms:
            audio = audio[: limit * AUDIO_TOKEN_MS * bytes_per_ms]
            self._is_incomplete = True
        started, sent_bytes, late = asyncio.get_running_loop().time(), 0, 0
        part, transcript = item.content[0], transcript_pieces(words)
        for chunk in audio_pieces(audio, self._state.faults, bytes_per_ms // 8):
            if self.is_cancelled:
                late += 1
                if late > self._state.faults.late_deltas:
                    break
            if transcript:
                piece = transcript.pop(0)
                part["transcript"] += piece
                await self._send("response.output_audio_transcript.delta", where, delta=piece)
            sent_bytes += len(chunk)
            item.audio_ms = sent_bytes // bytes_per_ms
            self._count_delta(item.audio_ms)
            delta = base64.b64encode(chunk).decode()
            await self._channel.send_audio({"type": "response.output_audio.delta", **where, "delta": delta})
            if not self.is_cancelled:
                await self._pause_until(started + sent_bytes / bytes_per_ms / 1000 / self._state.faults.burst)
        for piece in () if self.is_cancelled else transcript:
            part["transcript"] += piece
            await self._send("response.output_audio_transcript.delta", where, delta=piece)

    async def _call(self, call: ToolCall) -> None:
        item = Item(new_id("item"), "function_call", status="in_progress", name=call.name, call_id=new_id("call"))
        item.intended = call
        place = await self._add(item)
        where = {**place, "call_id": item.call_id}
        arguments = self._arguments.text_of(call)
        for at in range(0, len(arguments), 24):
            piece = arguments[at : at + 24]
            item.arguments += piece
            await self._send("response.function_call_arguments.delta", where, delta=piece)
            if await self._pause(self._state.faults.argument_delay_ms / 1000):
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
        await self._channel.send({"type": "response.output_item.added", **event})
        if self.settings.in_conversation:
            previous = self._state.conversation.add(item)
            added = {"previous_item_id": previous, "item": item.to_json()}
            await self._channel.send({"type": "conversation.item.added", **added})
        return place

    async def _close(self, item: Item, place: Json) -> None:
        item.status = "incomplete" if self.is_cancelled or self._is_incomplete else "completed"
        event = {"response_id": self.id, "output_index": place["output_index"], "item": item.to_json()}
        await self._channel.send({"type": "response.output_item.done", **event})
        if self.settings.in_conversation:
            previous = self._state.conversation.before(item.id)
            done = {"previous_item_id": previous, "item": item.to_json()}
            await self._channel.send({"type": "conversation.item.done", **done})

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
        final = {**self._json(status), "status_details": details}
        if status != "failed":
            final["usage"] = usage_json(self.settings, self._items)
        await self._channel.send({"type": "response.done", "response": final})

    def _count_delta(self, audio_ms: int) -> None:
        self.record.last_delta_ms = now_ms()
        if self.record.first_delta_ms is None:
            self.record.first_delta_ms = self.record.last_delta_ms
        self.record.deltas += 1
        self.record.audio_ms = audio_ms

    async def _send(self, event_type: str, where: Json, /, **more: object) -> None:
        await self._channel.send({"type": event_type, **where, **more})

    async def _pause_until(self, at: float) -> bool:
        return await self._pause(at - asyncio.get_running_loop().time())

    async def _pause(self, seconds: float) -> bool:
        """Wait; return True at once if the response is cancelled."""
        if seconds > 0:
            try:
                async with asyncio.timeout(seconds):
                    await self._cancelled.wait()
            except TimeoutError:
                pass
        return self.is_cancelled
