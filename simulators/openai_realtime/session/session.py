"""One session of the Realtime API, from `session.created` to the end of its connection."""

import asyncio

from simulators.openai_realtime.events import configuration
from simulators.openai_realtime.faults import FaultRules, Faults
from simulators.openai_realtime.hearing.phrase_recognizer import PhraseRecognizer
from simulators.openai_realtime.ledger import SessionRecord, now_ms
from simulators.openai_realtime.responses.scheduler import ResponseScheduler
from simulators.openai_realtime.session.client_event_handlers import ClientEvents
from simulators.openai_realtime.session.expiry import LONGEST_SESSION_S, Expiry
from simulators.openai_realtime.session.input_audio import InputAudio
from simulators.openai_realtime.session_context.channel import Channel, Connection
from simulators.openai_realtime.session_context.conversation import Conversation
from simulators.openai_realtime.session_context.idle_timer import IdleTimer
from simulators.openai_realtime.session_context.state import SessionState
from simulators.openai_realtime.session_context.tasks import SessionTasks


class Session:
    """Creates the parts of a session and reads the client's frames; `run` runs the whole session."""

    def __init__(
        self,
        connection: Connection,
        *,
        record: SessionRecord,
        expires_at: int,
        recognizer: PhraseRecognizer,
        fault_rules: FaultRules,
        faults: Faults,
    ) -> None:
        config = configuration.initial(session_id=record.id, model=record.model, expires_at=expires_at)
        self._connection = connection
        self._state = SessionState(record, Conversation(), config, faults)
        self._channel = Channel(connection, self._state)
        self._recognizer = recognizer
        self._fault_rules = fault_rules

    async def run(self) -> None:
        """Serve the client until one side ends the connection."""
        state, channel = self._state, self._channel
        async with asyncio.TaskGroup() as group:
            tasks = SessionTasks(group)
            idle, expiry = IdleTimer(tasks), Expiry(state, channel, tasks=tasks)
            responses = ResponseScheduler(state, channel, tasks=tasks, idle=idle)
            input_audio = InputAudio(state, channel, tasks=tasks, idle=idle, responses=responses, recognizer=self._recognizer)
            events = ClientEvents(
                state,
                channel,
                tasks=tasks,
                expiry=expiry,
                input_audio=input_audio,
                responses=responses,
                fault_rules=self._fault_rules,
            )
            await channel.send({"type": "session.created", "session": state.config})
            await self._receive(events)
            channel.has_ended = True
            tasks.cancel()

    def drop(self) -> None:
        """Break the connection without a close frame (1006)."""
        self._channel.drop()

    async def _receive(self, events: ClientEvents) -> None:
        """Read frames until the connection ends. The fault `stop_reading_after_s` stops that, so the client's frames pile up."""
        opened_ms = now_ms()
        while (frame := await self._connection.receive()) is not None:
            patience_s = self._state.faults.stop_reading_after_s
            if patience_s is not None and now_ms() - opened_ms > patience_s * 1000:
                await asyncio.sleep(LONGEST_SESSION_S)
            if not self._channel.has_ended:
                await events.handle(frame)
