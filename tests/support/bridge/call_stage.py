"""A call of the bridge, with fakes of the two connections, the model, the store and the clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import CollectorRegistry

from services.media_bridge.call.call import Call, CallDependencies, CallEnd
from services.media_bridge.call.call_script import CallScript, CallScriptWriter
from services.media_bridge.call.call_stats import CallStats
from services.media_bridge.call.model_session import SessionSettings
from services.media_bridge.call_record.confirmation_changes import ConfirmationChanges
from services.media_bridge.call_record.fact_writer import CallIds, FactWriter
from services.media_bridge.metrics import BridgeMetrics
from services.media_bridge.openai.pricing import PRICES
from services.media_bridge.openai.requests_wire import AudioSettings
from services.media_bridge.twilio.stream_wire import CallerEvent
from shared.core.lifecycle.facts import StreamOpened
from tests.support.bridge.fakes import (
    ATTEMPT,
    CALL_SID,
    STREAM_SID,
    FakeClock,
    FakeRecords,
    FakeSessions,
    FakeSocket,
    FakeTranscripts,
    a_caller_leg,
    delta,
)
from tests.support.orders import ALWAYS, NOON

SCRIPTS = CallScriptWriter(policy=ALWAYS, default_language="sq", transcription_model="gpt-transcribe", is_recorded=False)


class Nobody:
    def on_caller_event(self, event: CallerEvent) -> None: ...


class Stage:
    """A call between fakes. `model` is the socket of the newest session."""

    def __init__(self, *, failures: int = 0) -> None:
        self.records = FakeRecords().begin()
        self.records._advance(StreamOpened(NOON, ATTEMPT, CALL_SID, STREAM_SID))
        self.transcripts = FakeTranscripts()
        self.sessions = FakeSessions(failures=failures)
        self.clock = FakeClock()
        self.registry = CollectorRegistry()
        self.stats = CallStats(BridgeMetrics(self.registry), PRICES["gpt-realtime-2.1"], on_line_at=self.clock.now)
        self.caller_leg, self.caller = a_caller_leg(Nobody())
        attempt = self.records.confirmation.attempts[0]
        self.script: CallScript = SCRIPTS.write(self.records.confirmation, attempt, NOON)
        name = CallIds(self.records.confirmation.id, ATTEMPT)
        lost = self.stats.metrics.calls.lost_writes
        self.facts = FactWriter(self.records, self.transcripts, name, clock=self.clock, lost_writes=lost)
        dependencies = CallDependencies(
            caller=self.caller_leg,
            outgoing=self.caller_leg.open_stream(STREAM_SID),
            sessions=SessionSettings(sessions=self.sessions, audio=AudioSettings("marin"), metrics=self.stats.metrics),
            facts=self.facts,
            stats=self.stats,
            recorder=None,
            watch=self.watch,
            clock=self.clock,
            wall_clock=self.clock.wall,
        )
        self.call = Call(attempt, self.script, dependencies)
        self.caller_leg.attach(self.call)
        self.end: CallEnd | None = None

    async def watch(self, changes: ConfirmationChanges) -> None:
        await asyncio.Event().wait()

    @property
    def model(self) -> FakeSocket:
        return self.sessions.sockets[-1]

    @asynccontextmanager
    async def running(self, *early: CallerEvent) -> AsyncIterator["Stage"]:
        async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
            tasks.create_task(self.facts.run())
            task = tasks.create_task(self._run(*early))
            await settled()
            yield self
            if not task.done():
                self.caller.bring({"event": "stop"})
            await task

    async def _run(self, *early: CallerEvent) -> None:
        try:
            self.end = await self.call.run(early)
        finally:
            self.facts.finish()

    def hear_all(self) -> None:
        """Let Twilio send back all marks that it has received."""
        for mark in self.caller.of("mark"):
            self.caller.bring({"event": "mark", "mark": mark["mark"]})

    def respond(self, number: int, ms: int = 1000, *calls: dict[str, Any]) -> None:  # Any: JSON
        """Let the model run response `number`, with that much audio and these tool calls."""
        response = f"resp_{number}"
        self.begin(number, ms)
        self.model.bring({"type": "response.done", "response": {"id": response, "status": "completed", "output": list(calls)}})

    def begin(self, number: int, ms: int) -> None:
        response, item = f"resp_{number}", f"item_{number}"
        self.model.bring({"type": "response.created", "response": {"id": response}})
        self.model.bring({"type": "conversation.item.added", "item": {"id": item, "type": "message", "role": "assistant"}})
        if ms:
            self.model.bring(delta(item, ms, response=response))
            self.model.bring({"type": "response.output_audio_transcript.done", "item_id": item, "transcript": f"words {number}"})


def tool(name: str, arguments: str) -> dict[str, Any]:  # Any: JSON
    return {"id": "f", "type": "function_call", "status": "completed", "name": name, "call_id": "call_1", "arguments": arguments}


async def settled() -> None:
    for _ in range(30):
        await asyncio.sleep(0)
