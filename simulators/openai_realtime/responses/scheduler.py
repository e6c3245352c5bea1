"""Decides which responses of a session may run and what each one says, and cancels them."""

import asyncio
from datetime import UTC, datetime
from functools import partial

from simulators.openai_realtime.dialogue.policy import reply_to
from simulators.openai_realtime.dialogue.text_parsing import language_of, other_languages_of, script_of, verbatim_of
from simulators.openai_realtime.dialogue.turns import Dialogue, Reply, ToolCall
from simulators.openai_realtime.events.validators import Json, RefusedError
from simulators.openai_realtime.hearing.audio import AudioFormat
from simulators.openai_realtime.hearing.phrase_recognizer import Recognition
from simulators.openai_realtime.ledger import now_ms
from simulators.openai_realtime.responses.plan import plan
from simulators.openai_realtime.responses.response import Response
from simulators.openai_realtime.responses.response_json import ResponseSettings
from simulators.openai_realtime.responses.tool_arguments import ToolArguments
from simulators.openai_realtime.session_context.channel import Channel
from simulators.openai_realtime.session_context.conversation import Item, new_id, turns_of
from simulators.openai_realtime.session_context.idle_timer import IdleTimer
from simulators.openai_realtime.session_context.state import SessionState
from simulators.openai_realtime.session_context.tasks import SessionTasks
from simulators.openai_realtime.session_context.user_items import commit_user_item


class ResponseScheduler:
    """All responses of one session."""

    def __init__(self, state: SessionState, channel: Channel, *, tasks: SessionTasks, idle: IdleTimer) -> None:
        self._state = state
        self._channel = channel
        self._tasks = tasks
        self._idle = idle
        self._arguments = ToolArguments(state)
        self._running: dict[str, Response] = {}
        self._active: Response | None = None
        self._number = 0
        self._remaining_tokens = 100_000

    async def create_for_client(self, asked: Json, *, heard: asyncio.Task[Recognition] | None) -> None:
        """Carry out a `response.create`; the reply waits for `heard`, the recognition of the latest turn.

        Raises:
            RefusedError: Another response writes to the conversation.
        """
        if asked.get("conversation") == "none":
            self._start(self._settings(asked, "client"), asked, heard=None)
            return
        self._refuse_a_second()
        self._refuse_another_voice(asked)
        self._start_in_conversation(asked, "client", heard=heard)

    async def create_for_turn(self, trigger: str, heard: asyncio.Task[Recognition] | None) -> None:
        """Create a response without a client event: the customer's turn has ended, or the line has been idle."""
        try:
            self._refuse_a_second()
        except RefusedError as refused:
            await self._channel.refuse(refused, None)
            return
        self._start_in_conversation({}, trigger, heard=heard)

    def cancel(self, response_id: str | None) -> None:
        """Carry out a `response.cancel`; raise `RefusedError` if there is nothing to cancel."""
        response = self._active if response_id is None else self._running.get(response_id)
        if response is None or response.is_cancelled:
            raise RefusedError("response_cancel_not_active", "Cancellation failed: no active response found")
        response.cancel("client_cancelled")

    def interrupt(self) -> None:
        """Cancel the response of the conversation, if one runs, because the customer interrupts."""
        if self._active is not None:
            self._active.cancel("turn_detected")

    def _start_in_conversation(self, asked: Json, trigger: str, *, heard: asyncio.Task[Recognition] | None) -> None:
        self._number += 1
        if self._number in self._state.faults.unanswered_responses:
            return
        response = self._start(self._settings(asked, trigger), asked, heard=heard)
        self._active = response
        self._idle.cancel()

    def _start(self, settings: ResponseSettings, asked: Json, *, heard: asyncio.Task[Recognition] | None) -> Response:
        planned = plan(
            self._state.faults,
            self._state.chance,
            number=settings.number,
            after_tool=self._state.conversation.answers_a_tool,
        )
        response = Response(self._state, self._channel, settings, plan=planned, arguments=self._arguments)
        self._running[response.id] = response
        self._state.record.responses.append(response.record)
        self._tasks.start(self._run(response, asked, heard))
        return response

    async def _run(self, response: Response, asked: Json, heard: asyncio.Task[Recognition] | None) -> None:
        number = response.settings.number

        async def think() -> Reply:
            if number == self._state.faults.drop_on_response:
                self._channel.drop()
                return Reply()
            if number % 2:
                await self._send_rate_limits()
            if heard is not None:
                await heard
            return self._with_faults(self._reply(asked))

        try:
            await response.perform(think)
        finally:
            del self._running[response.id]
            if self._active is response:
                self._active = None
        if not number % 2:
            await self._send_rate_limits()
        if response.settings.in_conversation and self._active is None:
            self._await_silence(response)

    def _await_silence(self, response: Response) -> None:
        """Start to wait for `idle_timeout_ms`, counted from the moment at which the response has been played."""
        detection: Json = self._state.config["audio"]["input"]["turn_detection"] or {}
        timeout_ms: int | None = detection.get("idle_timeout_ms")
        self._idle.cancel()
        if timeout_ms is not None:
            began_ms = response.record.first_delta_ms or now_ms()
            playback_ms = max(0.0, began_ms + response.record.audio_ms - now_ms())
            self._idle.start(partial(self._break_silence, playback_ms, timeout_ms))

    async def _break_silence(self, playback_ms: float, timeout_ms: int) -> None:
        """Wait; then add an empty turn of the customer and answer it."""
        audio = self._state.record.audio
        await asyncio.sleep(playback_ms / 1000)
        start_ms = audio.audio_in_ms
        await asyncio.sleep(timeout_ms / 1000 / self._state.faults.idle_clock)
        item_id = new_id("item")
        where = {"audio_start_ms": start_ms, "audio_end_ms": audio.audio_in_ms, "item_id": item_id}
        await self._channel.send({"type": "input_audio_buffer.timeout_triggered", **where})
        await commit_user_item(self._state, self._channel, item_id)
        await self.create_for_turn("idle", None)

    def _reply(self, asked: Json) -> Reply:
        verbatim = verbatim_of(asked.get("instructions", ""))
        if verbatim:
            return Reply(verbatim)
        config = {**self._state.config, **asked}
        tools: list[Json] = [] if config["tool_choice"] == "none" else config["tools"]
        names = frozenset(tool["name"] for tool in tools if tool.get("type") == "function")
        turns = self._state.conversation.turns()
        if "input" in asked:
            turns = turns_of(self._item(given) for given in asked["input"])
        instructions = self._state.config["instructions"]
        others = other_languages_of(instructions)
        return reply_to(Dialogue(script_of(instructions), turns, names, now=datetime.now(UTC), other_languages=others))

    def _item(self, given: Json) -> Item:
        """Return an item of a response's own input, which may be a reference to one of the conversation."""
        if given["type"] == "item_reference":
            return self._state.conversation.find(given["id"])
        return self._state.conversation.item_of(given)

    def _with_faults(self, reply: Reply) -> Reply:
        faults = self._state.faults
        if not any(call.name == "record_outcome" for call in reply.calls):
            return reply
        beside = (ToolCall("end_call", {"reason": "decided"}),) if faults.end_call_beside_outcome else ()
        return Reply(reply.speech or faults.speech_with_call, (*reply.calls, *beside))

    def _settings(self, asked: Json, trigger: str) -> ResponseSettings:
        config = {**self._state.config, "metadata": None, **asked}
        instructions = self._state.config["instructions"]
        output = {**self._state.config["audio"]["output"], **asked.get("audio", {}).get("output", {})}
        in_conversation = asked.get("conversation") != "none"
        return ResponseSettings(
            trigger=trigger,
            language=language_of(script_of(instructions)),
            modality=config["output_modalities"][0],
            audio_format=AudioFormat(output["format"]["type"]),
            format_json=output["format"],
            voice=output["voice"],
            max_output_tokens=config["max_output_tokens"],
            in_conversation=in_conversation,
            metadata=config["metadata"],
            input_tokens=len(instructions) // 4 + self._state.conversation.tokens,
            number=self._number if in_conversation else 0,
        )

    def _refuse_a_second(self) -> None:
        if self._active is not None:
            message = (
                f"Conversation already has an active response in progress: {self._active.id}. "
                "Wait until the response is finished before creating a new one."
            )
            raise RefusedError("conversation_already_has_active_response", message)

    def _refuse_another_voice(self, asked: Json) -> None:
        voice = self._state.config["audio"]["output"]["voice"]
        if self._channel.has_sent_audio and asked.get("audio", {}).get("output", {}).get("voice", voice) != voice:
            message = "Cannot update a conversation's voice if assistant audio is present."
            raise RefusedError("cannot_update_voice", message, "response.audio.output.voice")

    async def _send_rate_limits(self) -> None:
        self._remaining_tokens = max(0, self._remaining_tokens - 500)
        limits = [
            {"name": "requests", "limit": 1000, "remaining": 1000 - self._number, "reset_seconds": 0.06},
            {"name": "tokens", "limit": 100_000, "remaining": self._remaining_tokens, "reset_seconds": 0.3},
        ]
        await self._channel.send({"type": "rate_limits.updated", "rate_limits": limits})
