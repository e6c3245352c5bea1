"""The model's side of a session: which responses may run, what each one says, and how they are cut off."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from simulators.openai_realtime.dialogue.policy import Call, Reply, Talk, reply_to
from simulators.openai_realtime.dialogue.text_parsing import language_of, other_languages_of, script_of, verbatim_of
from simulators.openai_realtime.events.validators import Json, RefusedError
from simulators.openai_realtime.hearing.audio import AudioFormat
from simulators.openai_realtime.hearing.transcriber import Heard
from simulators.openai_realtime.ledger import now_ms
from simulators.openai_realtime.session.conversation import Item, turns_of
from simulators.openai_realtime.session.response import Response, ResponseSettings

if TYPE_CHECKING:
    from simulators.openai_realtime.session.session import Session


class Speaking:
    """All responses of one session."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._running: dict[str, Response] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._active: Response | None = None
        self._number = 0
        self._remaining = 100_000

    async def create_for_client(self, asked: Json) -> None:
        """A `response.create`; raises `RefusedError` while another response writes to the conversation."""
        if asked.get("conversation") == "none":
            self._start(self._settings(asked, "client"), asked, heard=None)
            return
        self._refuse_a_second()
        self._refuse_another_voice(asked)
        self._start_in_conversation(asked, "client", heard=self._session.listening.hearing)

    async def create_for_turn(self, trigger: str, heard: "asyncio.Task[Heard] | None") -> None:
        """A response that nobody asked for: the customer's turn has ended, or the line has been idle."""
        try:
            self._refuse_a_second()
        except RefusedError as refused:
            await self._session.refuse(refused, None)
            return
        self._start_in_conversation({}, trigger, heard=heard)

    def cancel(self, response_id: str | None) -> None:
        """A `response.cancel`; raises `RefusedError` when there is nothing to cancel."""
        response = self._active if response_id is None else self._running.get(response_id)
        if response is None or response.is_cancelled:
            raise RefusedError("response_cancel_not_active", "Cancellation failed: no active response found")
        response.cancel("client_cancelled")

    def interrupt(self) -> None:
        """The customer cuts in: the response of the conversation is cut off, if one runs."""
        if self._active is not None:
            self._active.cancel("turn_detected")

    def stop(self) -> None:
        """The session has ended."""
        for task in self._tasks:
            task.cancel()

    def _start_in_conversation(self, asked: Json, trigger: str, *, heard: "asyncio.Task[Heard] | None") -> None:
        self._number += 1
        if self._number in self._session.faults.unanswered_responses:
            return
        response = self._start(self._settings(asked, trigger), asked, heard=heard)
        self._active = response
        self._session.listening.cancel_idle()

    def _start(self, settings: ResponseSettings, asked: Json, *, heard: "asyncio.Task[Heard] | None") -> Response:
        response = Response(self._session, settings)
        self._running[response.id] = response
        self._session.record.responses.append(response.record)
        task = self._session.start(self._run(response, asked, heard))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return response

    async def _run(self, response: Response, asked: Json, heard: "asyncio.Task[Heard] | None") -> None:
        number = response.settings.number

        async def think() -> Reply:
            if number == self._session.faults.drop_on_response:
                self._session.drop()
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
            began_ms = response.record.first_delta_ms or now_ms()
            self._session.listening.await_idle(began_ms + response.record.audio_ms - now_ms())

    def _reply(self, asked: Json) -> Reply:
        verbatim = verbatim_of(asked.get("instructions", ""))
        if verbatim:
            return Reply(verbatim)
        config = {**self._session.config, **asked}
        tools: list[Json] = [] if config["tool_choice"] == "none" else config["tools"]
        names = frozenset(tool["name"] for tool in tools if tool.get("type") == "function")
        turns = self._session.conversation.turns()
        if "input" in asked:
            turns = turns_of(self._item(given) for given in asked["input"])
        instructions = self._session.config["instructions"]
        others = other_languages_of(instructions)
        return reply_to(Talk(script_of(instructions), turns, names, now=datetime.now(UTC), other_languages=others))

    def _item(self, given: Json) -> Item:
        """An item of a response's own input, which may be a reference to one of the conversation."""
        if given["type"] == "item_reference":
            return self._session.conversation.find(given["id"])
        return self._session.conversation.item_of(given)

    def _with_faults(self, reply: Reply) -> Reply:
        faults = self._session.faults
        if not any(call.name == "record_outcome" for call in reply.calls):
            return reply
        beside = (Call("end_call", {"reason": "decided"}),) if faults.end_call_beside_outcome else ()
        return Reply(reply.speech or faults.speech_with_call, (*reply.calls, *beside))

    def _settings(self, asked: Json, trigger: str) -> ResponseSettings:
        config = {**self._session.config, "metadata": None, **asked}
        instructions = self._session.config["instructions"]
        output = {**self._session.config["audio"]["output"], **asked.get("audio", {}).get("output", {})}
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
            input_tokens=len(instructions) // 4 + self._session.conversation.tokens,
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
        voice = self._session.config["audio"]["output"]["voice"]
        if self._session.has_spoken and asked.get("audio", {}).get("output", {}).get("voice", voice) != voice:
            message = "Cannot update a conversation's voice if assistant audio is present."
            raise RefusedError("cannot_update_voice", message, "response.audio.output.voice")

    async def _send_rate_limits(self) -> None:
        self._remaining = max(0, self._remaining - 500)
        limits = [
            {"name": "requests", "limit": 1000, "remaining": 1000 - self._number, "reset_seconds": 0.06},
            {"name": "tokens", "limit": 100_000, "remaining": self._remaining, "reset_seconds": 0.3},
        ]
        await self._session.send({"type": "rate_limits.updated", "rate_limits": limits})
