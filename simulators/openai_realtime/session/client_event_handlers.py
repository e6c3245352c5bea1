"""Carries out the client's events, one method for each type."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import ClassVar

from simulators.openai_realtime.dialogue.text_parsing import language_of, script_of
from simulators.openai_realtime.events import client_events, configuration
from simulators.openai_realtime.events.validators import Json, RefusedError
from simulators.openai_realtime.faults import FaultRules, Faults
from simulators.openai_realtime.hearing.audio import AudioFormat, to_telephone
from simulators.openai_realtime.ledger import now_ms
from simulators.openai_realtime.responses.scheduler import ResponseScheduler
from simulators.openai_realtime.session.expiry import Expiry
from simulators.openai_realtime.session.input_audio import InputAudio
from simulators.openai_realtime.session_context.channel import Channel
from simulators.openai_realtime.session_context.state import SessionState
from simulators.openai_realtime.session_context.tasks import SessionTasks
from simulators.speech import voice


class ClientEvents:
    """The effect of each client event on the session."""

    def __init__(
        self,
        state: SessionState,
        channel: Channel,
        *,
        tasks: SessionTasks,
        expiry: Expiry,
        input_audio: InputAudio,
        responses: ResponseScheduler,
        fault_rules: FaultRules,
    ) -> None:
        self._state = state
        self._channel = channel
        self._tasks = tasks
        self._expiry = expiry
        self._input_audio = input_audio
        self._responses = responses
        self._fault_rules = fault_rules

    async def handle(self, frame: str | bytes) -> None:
        """Carry out the event in a frame, or answer with an `error` event."""
        event_id: str | None = None
        try:
            event = client_events.parse(frame)
            self._state.record.traffic.saw(event)
            given_id = event.get("event_id")
            event_id = given_id if isinstance(given_id, str) else None
            client_events.check(event)
            await self._by_type[event["type"]](self, event)
        except RefusedError as refused:
            await self._channel.refuse(refused, event_id)

    async def _update(self, event: Json) -> None:
        update = event["session"]
        if self._state.faults.refuse_transcription and update.get("audio", {}).get("input", {}).get("transcription"):
            path = "session.audio.input.transcription.model"
            raise RefusedError("invalid_value", "This model is not available to you.", path)
        config = configuration.updated(self._state.config, update, has_spoken=self._channel.has_sent_audio)
        if self._state.faults.forgets_formats:
            configuration.forget_formats(config, update)
        instructions_changed = config["instructions"] != self._state.config["instructions"]
        self._state.config = config
        if instructions_changed and not self._state.record.instructions:  # later instructions are of the same call
            self._apply_faults(self._fault_rules.for_instructions(config["instructions"], self._state.faults) or self._state.faults)
            self._state.chance = self._fault_rules.chance_of(config["instructions"], self._state.faults)
        if instructions_changed:
            self._state.record.instructions = config["instructions"]
            self._tasks.start_to_finish(asyncio.to_thread(_render_all, config["instructions"]))
        if self._state.faults.grant_format is not None:
            granted = {"type": self._state.faults.grant_format}
            config["audio"]["output"]["format"] = granted | (
                {"rate": 24000} if self._state.faults.grant_format == "audio/pcm" else {}
            )
        audio = config["audio"]
        self._state.record.formats = {side: audio[side]["format"]["type"] for side in ("input", "output")}
        self._state.record.transcription_model = (audio["input"]["transcription"] or {}).get("model")
        if not self._state.faults.withhold_session_updated:
            await self._channel.send({"type": "session.updated", "session": config})

    def _apply_faults(self, faults: Faults) -> None:
        """Use these faults from now on; if they set another expiry, the session's time starts again."""
        has_another_expiry = faults.expire_after_s != self._state.faults.expire_after_s
        self._state.faults = faults
        if has_another_expiry:
            self._expiry.restart()
        self._state.record.faults = faults.model_dump(exclude_defaults=True)

    async def _append(self, event: Json) -> None:
        audio = base64.b64decode(event["audio"])
        await self._input_audio.append(to_telephone(audio, AudioFormat(self._state.config["audio"]["input"]["format"]["type"])))

    async def _commit(self, _event: Json) -> None:
        await self._input_audio.commit()

    async def _clear(self, _event: Json) -> None:
        self._input_audio.clear()
        await self._channel.send({"type": "input_audio_buffer.cleared"})

    async def _create_item(self, event: Json) -> None:
        item, previous = self._state.conversation.create(event["item"], after=event.get("previous_item_id"))
        for name in ("conversation.item.added", "conversation.item.done"):
            await self._channel.send({"type": name, "previous_item_id": previous, "item": item.to_json()})

    async def _retrieve_item(self, event: Json) -> None:
        item = self._state.conversation.find(event["item_id"])
        await self._channel.send({"type": "conversation.item.retrieved", "item": item.to_json()})

    async def _delete_item(self, event: Json) -> None:
        self._state.conversation.delete(event["item_id"])
        await self._channel.send({"type": "conversation.item.deleted", "item_id": event["item_id"]})

    async def _truncate_item(self, event: Json) -> None:
        where = {key: event[key] for key in ("item_id", "content_index", "audio_end_ms")}
        had_ms = self._state.conversation.find(event["item_id"]).audio_ms
        self._state.conversation.truncate(**where)
        self._state.record.truncations.append({"ms": now_ms(), **where, "audio_ms": had_ms})
        await self._channel.send({"type": "conversation.item.truncated", **where})

    async def _create_response(self, event: Json) -> None:
        await self._responses.create_for_client(event.get("response", {}), heard=self._input_audio.recognition)

    async def _cancel_response(self, event: Json) -> None:
        self._responses.cancel(event.get("response_id"))

    _by_type: ClassVar[dict[str, Callable[["ClientEvents", Json], Awaitable[None]]]] = {
        "session.update": _update,
        "input_audio_buffer.append": _append,
        "input_audio_buffer.commit": _commit,
        "input_audio_buffer.clear": _clear,
        "conversation.item.create": _create_item,
        "conversation.item.retrieve": _retrieve_item,
        "conversation.item.delete": _delete_item,
        "conversation.item.truncate": _truncate_item,
        "response.create": _create_response,
        "response.cancel": _cancel_response,
    }


def _render_all(instructions: str) -> None:
    """Render the speech of the keyed lines before it is needed."""
    script = script_of(instructions)
    for line in script.values():
        voice.speak(line, language=language_of(script), voice="agent")
