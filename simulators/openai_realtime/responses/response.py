"""One response of the simulated model: its events in the API's order, its audio in bursts, and its end after a cancel."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from simulators.openai_realtime.dialogue.turns import Reply, ToolCall
from simulators.openai_realtime.events.error_codes import close_reason, error_event, error_json
from simulators.openai_realtime.events.validators import Json
from simulators.openai_realtime.hearing.audio import BYTES_PER_MS
from simulators.openai_realtime.ledger import ItemRecord, ResponseRecord, now_ms
from simulators.openai_realtime.responses.audio_deltas import audio_pieces, render, silence
from simulators.openai_realtime.responses.plan import Plan
from simulators.openai_realtime.responses.response_json import AUDIO_TOKEN_MS, ResponseSettings, response_json, usage_json
from simulators.openai_realtime.responses.spoken_item import SpokenItem
from simulators.openai_realtime.responses.tool_arguments import ToolArguments
from simulators.openai_realtime.responses.wording import Speech, speeches, traits_shown
from simulators.openai_realtime.session_context.channel import Channel
from simulators.openai_realtime.session_context.conversation import Item, Words, new_id
from simulators.openai_realtime.session_context.state import SessionState

CancelReason = Literal["turn_detected", "client_cancelled"]

_NOT_SAID = Words("", 1)
"""The words of an item that nobody can hear: asked once more, the model says them again."""
_PROTOCOL_ERROR = 4000


class Response:
    """A response from `response.created` to `response.done`. `perform` runs it, `cancel` ends it early."""

    def __init__(
        self, state: SessionState, channel: Channel, settings: ResponseSettings, *, plan: Plan, arguments: ToolArguments
    ) -> None:
        self.id = new_id("resp")
        self.settings = settings
        self.record = ResponseRecord(self.id, settings.trigger, now_ms())
        self._state = state
        self._channel = channel
        self._plan = plan
        self._arguments = arguments
        self._items: list[Item] = []
        self._cancelled = asyncio.Event()
        self._cancel_reason: CancelReason | None = None
        self._incomplete_reason: str | None = None
        self._late_deltas = 0
        self._audio_due = 0.0

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
        due = asyncio.get_running_loop().time() + self._plan.first_output_s
        if number in faults.stalled_responses:
            await self._cancelled.wait()
        if number in faults.failed_responses:
            await self._pause_until(due)
            await self._finish(failure=faults.failure_code)
            return
        reply = await think()
        if await self._pause_until(due):
            await self._finish(failure=None)
        elif self._plan.ending is None or (self._plan.ending == "text_only" and not reply.speech):
            await self._answer(reply)
        else:
            await self._go_wrong(reply)

    async def _answer(self, reply: Reply) -> None:
        chance = self._state.chance.generator("wording", self.settings.number)
        parts = speeches(reply, self._plan, language=self.settings.language, chance=chance)
        self.record.traits += traits_shown(self._plan, parts, has_speech=bool(reply.speech))
        if self.settings.modality == "audio":
            await self._speak(parts)
        else:
            for part in parts:
                await self._write(part)
        for call in reply.calls:
            if not self.is_cancelled and self._incomplete_reason is None:
                await self._call(call)
        await self._pause(self._state.faults.done_delay_ms / 1000)
        await self._finish(failure=None)

    async def _go_wrong(self, reply: Reply) -> None:
        """End as the plan says, without audio and calls."""
        failure: str | None = None
        self.record.traits += [self._plan.ending] if self._plan.ending is not None else []
        match self._plan.ending:
            case "content_filter" | "max_output_tokens" as reason:
                self._incomplete_reason = reason
            case "text_only":
                await self._write(Speech(reply.speech, reply.speech))
            case "rate_limited":
                failure = "inference_rate_limit_exceeded"
            case "session_error":
                failure = self._state.faults.session_error_code
                await self._channel.send(error_event(failure))
                if self._state.faults.session_error_closes:
                    await self._channel.close(_PROTOCOL_ERROR, close_reason(failure))
            case _:
                pass
        await self._finish(failure=failure)

    def _json(self, status: str) -> Json:
        conversation_id = self._state.conversation.id
        return response_json(self.id, self.settings, self._items, status=status, conversation_id=conversation_id)

    async def _write(self, speech: Speech) -> None:
        """Send the words as text, without audio."""
        item = self._message(speech)
        if self.settings.modality == "audio":
            item.spoken = _NOT_SAID
        place = await self._add(item)
        where, words = {**place, "content_index": 0}, speech.said
        item.content.append({"type": "output_text", "text": words})
        await self._send("response.content_part.added", where, part={"type": "text", "text": ""})
        await self._send("response.output_text.delta", where, delta=words)
        await self._send("response.output_text.done", where, text=words)
        await self._send("response.content_part.done", where, part={"type": "text", "text": words})
        await self._close(item, place)

    async def _speak(self, parts: Sequence[Speech]) -> None:
        """Send the spoken items; of two, the second one's first audio comes before the first one's last."""
        self._audio_due = asyncio.get_running_loop().time()
        before: SpokenItem | None = None
        for part in parts:
            spoken = await self._open(part)
            if before is not None:
                await self._send_delta(spoken)
                await self._stream(before, left=0)
                await self._shut(before)
            before = spoken
            await self._stream(spoken, left=0 if part is parts[-1] else 1)
            if self.is_cancelled or self._incomplete_reason is not None:
                break
        if before is not None:
            await self._stream(before, left=0)
            await self._shut(before)

    async def _open(self, speech: Speech) -> SpokenItem:
        """Add the item, and render its audio."""
        item, audio_format = self._message(speech), self.settings.audio_format
        place = await self._add(item)
        audio = await asyncio.to_thread(render, speech.said, self.settings.language, audio_format)
        bytes_per_ms = BYTES_PER_MS[audio_format]
        item.spoken = Words(speech.meant, len(audio) // bytes_per_ms)
        if self._plan.silent_audio:
            item.spoken, audio = _NOT_SAID, silence(len(audio), audio_format)
        limit = self.settings.max_output_tokens
        if isinstance(limit, int) and len(audio) > limit * AUDIO_TOKEN_MS * bytes_per_ms:
            audio = audio[: limit * AUDIO_TOKEN_MS * bytes_per_ms]
            self._incomplete_reason = "max_output_tokens"
        chunks = audio_pieces(audio, self._state.faults, bytes_per_ms // 8)
        spoken = SpokenItem(item, place, words=speech.said, chunks=chunks)
        await self._channel.send(spoken.opened())
        return spoken

    async def _stream(self, spoken: SpokenItem, *, left: int) -> None:
        """Send audio until so many pieces are left; stop soon after a cancel."""
        while spoken.pieces_left > left and await self._send_delta(spoken):
            pass

    async def _send_delta(self, spoken: SpokenItem) -> bool:
        """Send the next audio, with the transcript ahead, and wait until the next is due; return False after the last late one."""
        if self.is_cancelled:
            self._late_deltas += 1
            if self._late_deltas > self._state.faults.late_deltas:
                return False
        for event in spoken.next_words():
            await self._channel.send(event)
        event, size = spoken.next_audio()
        bytes_per_ms = BYTES_PER_MS[self.settings.audio_format]
        spoken.item.audio_ms = spoken.sent_bytes // bytes_per_ms
        self._count_delta(spoken)
        await self._channel.send_audio(event)
        self._audio_due += size / bytes_per_ms / 1000 / self._state.faults.burst
        if not self.is_cancelled:
            await self._pause_until(self._audio_due)
        return True

    async def _shut(self, spoken: SpokenItem) -> None:
        for event in spoken.closed(with_all_words=not self.is_cancelled):
            await self._channel.send(event)
        await self._close(spoken.item, spoken.place)

    def _message(self, speech: Speech) -> Item:
        """Return the item of these words, not added yet, and note it in the ledger."""
        item = Item(new_id("item"), "message", "assistant", "in_progress", phase=speech.phase)
        record = self.record
        record.said, record.meant = f"{record.said} {speech.said}".strip(), f"{record.meant} {speech.meant}".strip()
        record.item_id = item.id
        record.items.append(ItemRecord(item.id, speech.said, speech.meant))
        return item

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
        item.status = "incomplete" if self.is_cancelled or self._incomplete_reason is not None else "completed"
        event = {"response_id": self.id, "output_index": place["output_index"], "item": item.to_json()}
        await self._channel.send({"type": "response.output_item.done", **event})
        if self.settings.in_conversation:
            previous = self._state.conversation.before(item.id)
            done = {"previous_item_id": previous, "item": item.to_json()}
            await self._channel.send({"type": "conversation.item.done", **done})

    async def _finish(self, *, failure: str | None) -> None:
        status, details = "completed", None
        if failure is not None:
            status, details = "failed", {"type": "failed", "error": error_json(failure)}
        elif self._cancel_reason is not None:
            status, details = "cancelled", {"type": "cancelled", "reason": self._cancel_reason}
        elif self._incomplete_reason is not None:
            status, details = "incomplete", {"type": "incomplete", "reason": self._incomplete_reason}
        self.record.status = status
        self.record.reason = failure or self._cancel_reason or self._incomplete_reason
        self.record.done_ms = now_ms()
        if self._plan.lost_done and status == "completed":
            return
        final = {**self._json(status), "status_details": details}
        if status != "failed":
            final["usage"] = usage_json(self.settings, self._items)
        await self._channel.send({"type": "response.done", "response": final})

    def _count_delta(self, spoken: SpokenItem) -> None:
        record = self.record
        record.last_delta_ms = now_ms()
        if record.first_delta_ms is None:
            record.first_delta_ms = record.last_delta_ms
        record.deltas += 1
        for item in record.items:
            if item.id == spoken.item.id:
                item.audio_ms = spoken.item.audio_ms
        record.audio_ms = sum(item.audio_ms for item in record.items)

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
