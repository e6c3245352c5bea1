"""One session: takes the client's events in, keeps time, and puts the parts together."""

import asyncio
import base64
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ClassVar, Protocol, TypeVar

from simulators.openai_realtime.dialogue.policy import Call
from simulators.openai_realtime.dialogue.text_parsing import language_of, script_of
from simulators.openai_realtime.events import client_events, configuration
from simulators.openai_realtime.events.validators import Json, RefusedError
from simulators.openai_realtime.faults import FaultBook, Faults
from simulators.openai_realtime.hearing.audio import AudioFormat, to_telephone
from simulators.openai_realtime.hearing.transcriber import Ears
from simulators.openai_realtime.ledger import SessionRecord, now_ms
from simulators.openai_realtime.session.conversation import Conversation, new_id
from simulators.openai_realtime.session.input_audio import Listening
from simulators.openai_realtime.session.response import arguments_of
from simulators.openai_realtime.session.response_scheduler import Speaking
from simulators.speech import voice

LONGEST_SESSION_S = 3600
SESSION_EXPIRED = "Your session hit the maximum duration of 60 minutes."

Result = TypeVar("Result")


class Wire(Protocol):
    """The client's connection."""

    async def send(self, event: Json) -> None:
        """Send one JSON text frame."""

    async def receive(self) -> str | bytes | None:
        """The next frame, or None when the connection has ended."""

    async def close(self, code: int, reason: str) -> None:
        """Close with a close frame."""

    def abort(self) -> None:
        """Break the TCP connection; the client sees 1006."""


class Session:
    """A session from `session.created` to the end of its connection; `run` is all of it."""

    def __init__(self, wire: Wire, *, record: SessionRecord, ears: Ears, book: FaultBook, faults: Faults) -> None:
        self.faults = faults
        self.record = record
        self.conversation = Conversation()
        self.config: Json = {}
        self.speaking = Speaking(self)
        self.listening = Listening(self, ears)
        self._wire = wire
        self._book = book
        self._tasks: asyncio.TaskGroup
        self._expiring: asyncio.Task[None]
        self._deltas = 0
        self._calls = 0
        self._outcomes = 0
        self._has_ended = False

    @property
    def has_spoken(self) -> bool:
        """Whether audio of the model has gone out, which locks the voice."""
        return self._deltas > 0

    async def run(self, expires_at: int) -> None:
        """Serve the client until one side ends the connection."""
        config = configuration.initial(session_id=self.record.id, model=self.record.model, expires_at=expires_at)
        self.config = config
        async with asyncio.TaskGroup() as self._tasks:
            self._expiring = self._tasks.create_task(self._expire())
            await self.send({"type": "session.created", "session": self.config})
            await self._receive()
            self._has_ended = True
            self._expiring.cancel()
            self.speaking.stop()
            self.listening.stop()

    async def send(self, event: Json) -> None:
        """Send an event with an id of its own, and with strange company where a fault says so."""
        if self._has_ended:
            return
        whole = {"event_id": new_id("event"), **event}
        if self.faults.noise:
            whole["x_simulator_note"] = "unknown keys are to be ignored"
            if random.random() < 0.2:
                await self._wire.send({"type": "x.simulator.noise", "event_id": new_id("event")})
        self.record.sent(whole)
        await self._wire.send(whole)

    async def put_on_the_wire(self, delta: Json) -> None:
        """Send an audio delta, unless the connection breaks here."""
        await self.send(delta)
        self._deltas += 1
        if self._deltas == self.faults.drop_after_deltas:
            self.drop()

    async def refuse(self, refused: RefusedError, event_id: str | None) -> None:
        """Answer with an `error` event; the session stays open."""
        error = {
            "type": "invalid_request_error",
            "code": refused.code,
            "message": refused.message,
            "param": refused.param,
            "event_id": event_id,
        }
        await self.send({"type": "error", "error": error})

    def drop(self) -> None:
        """Break the connection without a word (1006)."""
        self._has_ended = True
        self.record.ended(by="simulator", code=1006)
        self._wire.abort()

    def start(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Run something beside the reading of frames, for as long as the session lasts."""
        return self._tasks.create_task(work)

    def disguise(self, call: Call) -> str:
        """The call's arguments as JSON text, or spoilt where a fault says so."""
        self._calls += 1
        arguments = arguments_of(call)
        if call.name == "record_outcome":
            self._outcomes += 1
            if self._outcomes <= self.faults.wrong_outcomes:
                return arguments_of(Call(call.name, {**call.arguments, "outcome": "delighted"}))
        return arguments[:-2] if self._calls <= self.faults.invalid_tool_calls else arguments

    async def _receive(self) -> None:
        """Read frames until there are no more."""
        opened_ms = now_ms()
        while (frame := await self._wire.receive()) is not None:
            patience_s = self.faults.stop_reading_after_s
            if patience_s is not None and now_ms() - opened_ms > patience_s * 1000:
                await asyncio.sleep(LONGEST_SESSION_S)
            if not self._has_ended:
                await self._take(frame)

    async def _take(self, frame: str | bytes) -> None:
        event_id: str | None = None
        try:
            event = client_events.parse(frame)
            self.record.saw(event)
            given_id = event.get("event_id")
            event_id = given_id if isinstance(given_id, str) else None
            client_events.check(event)
            await self._doors[event["type"]](self, event)
        except RefusedError as refused:
            await self.refuse(refused, event_id)

    async def _update(self, event: Json) -> None:
        update = event["session"]
        if self.faults.refuse_transcription and update.get("audio", {}).get("input", {}).get("transcription"):
            path = "session.audio.input.transcription.model"
            raise RefusedError("invalid_value", "This model is not available to you.", path)
        config = configuration.updated(self.config, update, has_spoken=self.has_spoken)
        instructions_changed = config["instructions"] != self.config["instructions"]
        self.config = config
        if instructions_changed and not self.record.instructions:  # later ones are of the same call
            self._behave(self._book.for_instructions(config["instructions"], self.faults) or self.faults)
        if instructions_changed:
            self.record.instructions = config["instructions"]
            self.start(asyncio.to_thread(_render_all, config["instructions"]))
        if self.faults.grant_format is not None:
            granted = {"type": self.faults.grant_format}
            config["audio"]["output"]["format"] = granted | ({"rate": 24000} if self.faults.grant_format == "audio/pcm" else {})
        audio = config["audio"]
        self.record.formats = {side: audio[side]["format"]["type"] for side in ("input", "output")}
        self.record.transcription_model = (audio["input"]["transcription"] or {}).get("model")
        if not self.faults.withhold_session_updated:
            await self.send({"type": "session.updated", "session": config})

    def _behave(self, faults: Faults) -> None:
        """Have these faults from now on; a session's life is counted anew where they set one."""
        has_another_life = faults.expire_after_s != self.faults.expire_after_s
        self.faults = faults
        if has_another_life:
            self._expiring.cancel()
            self._expiring = self._tasks.create_task(self._expire())
        self.record.faults = faults.model_dump(exclude_defaults=True)

    async def _append(self, event: Json) -> None:
        audio = base64.b64decode(event["audio"])
        await self.listening.append(to_telephone(audio, AudioFormat(self.config["audio"]["input"]["format"]["type"])))

    async def _commit(self, _event: Json) -> None:
        await self.listening.commit()

    async def _clear(self, _event: Json) -> None:
        self.listening.clear()
        await self.send({"type": "input_audio_buffer.cleared"})

    async def _create_item(self, event: Json) -> None:
        item, previous = self.conversation.create(event["item"], after=event.get("previous_item_id"))
        for name in ("conversation.item.added", "conversation.item.done"):
            await self.send({"type": name, "previous_item_id": previous, "item": item.to_json()})

    async def _retrieve_item(self, event: Json) -> None:
        item = self.conversation.find(event["item_id"])
        await self.send({"type": "conversation.item.retrieved", "item": item.to_json()})

    async def _delete_item(self, event: Json) -> None:
        self.conversation.delete(event["item_id"])
        await self.send({"type": "conversation.item.deleted", "item_id": event["item_id"]})

    async def _truncate_item(self, event: Json) -> None:
        where = {key: event[key] for key in ("item_id", "content_index", "audio_end_ms")}
        had_ms = self.conversation.find(event["item_id"]).audio_ms
        self.conversation.truncate(**where)
        self.record.truncations.append({"ms": now_ms(), **where, "audio_ms": had_ms})
        await self.send({"type": "conversation.item.truncated", **where})

    async def _create_response(self, event: Json) -> None:
        await self.speaking.create_for_client(event.get("response", {}))

    async def _cancel_response(self, event: Json) -> None:
        self.speaking.cancel(event.get("response_id"))

    async def _expire(self) -> None:
        """The end that comes by itself: error `session_expired`, then close 1001."""
        seconds = self.faults.expire_after_s
        await asyncio.sleep(LONGEST_SESSION_S if seconds is None else seconds)
        error = {"type": "invalid_request_error", "code": "session_expired", "message": SESSION_EXPIRED}
        await self.send({"type": "error", "error": {**error, "param": None, "event_id": None}})
        self._has_ended = True
        self.record.ended(by="simulator", code=1001, reason=SESSION_EXPIRED)
        await self._wire.close(1001, SESSION_EXPIRED)

    _doors: ClassVar[dict[str, Callable[["Session", Json], Awaitable[None]]]] = {
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
    """Have the speech of the keyed lines at hand before it is needed."""
    script = script_of(instructions)
    for line in script.values():
        voice.speak(line, language=language_of(script), voice="agent")
