"""From a connected stream to a call, or to a rejection."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from services.media_bridge.call.call_script import CallScriptWriter
from services.media_bridge.call.model_session import SessionSettings
from services.media_bridge.metrics import BridgeMetrics
from services.media_bridge.openai.pricing import PRICES, Prices
from services.media_bridge.openai.requests_wire import AudioSettings
from services.media_bridge.streams.admission import StreamAdmission
from services.media_bridge.streams.other_open_orders import OtherOpenOrders
from services.media_bridge.streams.pending_stream import PendingStream
from services.media_bridge.streams.stream_session import BridgeDependencies, receive_stream
from shared.twilio.stream_token import issue
from tests.support.bridge.fakes import (
    ATTEMPT,
    CALL_SID,
    STREAM_SID,
    FakeClock,
    FakeConfirmationWatches,
    FakePlace,
    FakeRecords,
    FakeSessions,
    FakeTranscripts,
    NoOrders,
    a_caller_leg,
)
from tests.support.orders import ALWAYS

SECRET = "x" * 32


class Front:
    """The bridge over fakes, and one stream that it serves."""

    def __init__(self, *, record_folder: Path | None = None, start_limit_s: float = 5, prices: Prices | None = None) -> None:
        self.records = FakeRecords().begin()
        self.confirmation_watches = FakeConfirmationWatches()
        self.sessions = FakeSessions()
        self.registry = CollectorRegistry()
        self.pending = PendingStream()
        self.leg, self.socket = a_caller_leg(self.pending)
        self.work: list[Coroutine[None, None, None]] = []
        self.tasks: asyncio.TaskGroup | None = None
        self.dependencies = BridgeDependencies(
            admission=StreamAdmission(self.records, signing_secrets=("n" * 32, SECRET), prompt_version="v"),
            confirmations=self.records,
            transcripts=FakeTranscripts(),
            confirmation_watches=self.confirmation_watches,
            other_open_orders=OtherOpenOrders(self.records, NoOrders(), prompt_version="v"),
            scripts=CallScriptWriter(policy=ALWAYS, default_language="sq", transcription_model="m", is_recorded=False),
            identify=lambda phone: f"keyed hash of {phone}",
            sessions=SessionSettings(sessions=self.sessions, audio=AudioSettings("marin"), metrics=BridgeMetrics(self.registry)),
            prices=prices,
            record_folder=record_folder,
            run_in_background=self.run_in_background,
            wall_clock=FakeClock().wall,
            start_limit_s=start_limit_s,
        )

    def run_in_background(self, work: Coroutine[None, None, None]) -> None:
        assert self.tasks is not None
        self.tasks.create_task(work)

    def start(self, token: str | None = None) -> None:
        token = issue(SECRET, self.records.confirmation.id, ATTEMPT) if token is None else token
        described = {"callSid": CALL_SID, "streamSid": STREAM_SID, "customParameters": {"token": token}}
        self.socket.bring({"event": "start", "start": described, "streamSid": STREAM_SID})

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        async with asyncio.timeout(5), asyncio.TaskGroup() as self.tasks:
            self.tasks.create_task(receive_stream(self.dependencies, self.leg, self.pending, FakePlace()))
            await settled()
            yield

    def hear_all(self) -> None:
        for message in self.socket.of("mark"):
            self.socket.bring({"event": "mark", "mark": message["mark"]})

    def count(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def settled() -> None:
    for _ in range(60):
        await asyncio.sleep(0)


async def test_a_stream_with_a_good_token_becomes_a_call() -> None:
    front = Front()
    async with front.serving():
        front.start()
        await settled()
        assert front.sessions.sockets[0].of("response.create")
        assert front.socket.is_admitted
        front.socket.bring({"event": "stop"})
    assert front.count("bridge_calls_total", end="person_hung_up") == 1
    assert front.records.confirmation.attempts[0].stream_closed_at is not None


async def test_the_model_learns_of_the_number_only_its_keyed_hash() -> None:
    front = Front()
    async with front.serving():
        front.start()
        await settled()
        front.socket.bring({"event": "stop"})
    assert front.sessions.taken_for == [f"keyed hash of {front.records.confirmation.customer.phone}"]


@pytest.mark.parametrize(("token", "reason", "code"), [("forged", "token_invalid", 1008), ("", "token_invalid", 1008)])
async def test_a_stream_without_one_is_closed(token: str, reason: str, code: int) -> None:
    front = Front()
    async with front.serving():
        front.start(token)
    assert front.socket.closed == (code, "")
    assert not front.socket.is_admitted
    assert front.count("bridge_streams_turned_away_total", reason=reason) == 1
    assert front.sessions.sockets == []


async def test_with_the_store_away_the_keypad_gets_its_chance() -> None:
    front = Front()
    front.records.is_away = True
    async with front.serving():
        front.start()
    assert front.socket.closed == (1011, "")


async def test_a_stream_that_never_starts_is_closed() -> None:
    front = Front(start_limit_s=0.01)
    async with front.serving():
        pass
    assert front.count("bridge_streams_turned_away_total", reason="no_start") == 1


async def test_a_stream_that_ends_before_it_starts_is_no_call() -> None:
    front = Front()
    async with front.serving():
        front.socket.break_off()
    assert front.count("bridge_streams_turned_away_total", reason="closed_before_start") == 1


async def test_a_key_pressed_while_the_token_is_checked_counts() -> None:
    front = Front()
    async with front.serving():
        front.start()
        front.socket.bring({"event": "dtmf", "dtmf": {"digit": "1"}})
        await settled()
        front.hear_all()
        await settled()
        front.socket.bring({"event": "stop"})
    assert front.records.confirmation.attempts[0].verdict is not None


async def test_a_recording_is_named_by_ids_alone(tmp_path: Path) -> None:
    front = Front(record_folder=tmp_path)
    async with front.serving():
        front.start()
        await settled()
        front.socket.bring({"event": "stop"})
    assert names_in(tmp_path) == [f"{front.records.confirmation.id}-1.wav"]


async def test_a_disk_that_refuses_costs_only_the_recording(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    front = Front(record_folder=tmp_path / "file")
    async with front.serving():
        front.start()
        await settled()
        front.socket.bring({"event": "stop"})
    assert front.records.confirmation.attempts[0].stream_closed_at is not None


def test_a_pending_stream_keeps_a_few_events_and_no_more() -> None:
    async def fill() -> int:
        front = Front()
        for _ in range(100):
            front.socket.bring({"event": "mark", "mark": {"name": "m1"}})
        return len(front.pending.early)

    assert asyncio.run(fill()) == 32


async def test_the_cost_is_counted_by_what_was_decided_so_that_an_order_has_its_price() -> None:
    front = Front(prices=PRICES["gpt-realtime-2.1"])
    async with front.serving():
        front.start()
        await settled()
        model = front.sessions.sockets[0]
        model.bring({"type": "response.created", "response": {"id": "r"}})
        usage = {"output_token_details": {"audio_tokens": 1000}}
        model.bring({"type": "response.done", "response": {"id": "r", "status": "completed", "output": [], "usage": usage}})
        front.socket.bring({"event": "dtmf", "dtmf": {"digit": "1"}})
        await settled()
        front.hear_all()
        await settled()
        front.socket.bring({"event": "stop"})
    assert front.count("bridge_model_cost_usd_total", outcome="confirmed") == 0.064
    assert front.count("bridge_conversations_total", outcome="confirmed") == 1
    assert str(front.records.confirmation.attempts[0].cost_usd) == "0.064000"


async def test_of_a_model_without_a_price_the_cost_is_not_told() -> None:
    front = Front()
    async with front.serving():
        front.start()
        await settled()
        front.socket.bring({"event": "stop"})
    assert front.count("bridge_conversations_total", outcome="none") == 1
    assert front.count("bridge_model_cost_usd_total", outcome="none") is None
    assert front.records.confirmation.attempts[0].cost_usd is None
