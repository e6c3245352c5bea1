"""The circuit to the model: it opens at a fatal refusal, for all bridges, and closes when a probe gets its answer."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

import pytest

from services.media_bridge.openai.leg import ModelLeg
from services.media_bridge.openai.model_circuit import GuardedOpener, GuardedSessions, ModelCircuit
from services.media_bridge.openai.model_probe import ModelProbe
from services.media_bridge.websocket import ConnectionFailedError
from shared.core.errors import StoreUnavailableError
from tests.support.bridge.fakes import FakeSessions, FakeSocket
from tests.support.orders import NOON


@dataclass(frozen=True, slots=True)
class Opened:
    reason: str
    since: datetime = NOON


class FakeStored:
    """The circuit in Redis, which may be away; `probes` may still be claimed."""

    def __init__(self) -> None:
        self.opened: Opened | None = None
        self.writes: list[str] = []
        self.probes = 0
        self.is_away = False

    async def open(self, reason: str) -> None:
        self._check()
        self.writes.append(reason)
        self.opened = self.opened or Opened(reason)

    async def close(self) -> None:
        self._check()
        self.opened = None

    async def state(self) -> Opened | None:
        self._check()
        return self.opened

    async def claim_probe(self) -> bool:
        self._check()
        self.probes -= 1
        return self.probes >= 0

    def _check(self) -> None:
        if self.is_away:
            raise StoreUnavailableError("away")


async def test_a_fatal_refusal_opens_the_circuit_at_once_and_for_all() -> None:
    stored = FakeStored()
    circuit, other = ModelCircuit(stored), ModelCircuit(stored)
    sessions = FakeSessions(failures=1, reason="invalid_api_key")
    with pytest.raises(ConnectionFailedError):
        await GuardedOpener(sessions.take, circuit)(limit_s=1)
    assert circuit.reason == "invalid_api_key"
    assert other.reason is None
    assert await circuit.refresh() == "invalid_api_key"
    assert await other.refresh() == "invalid_api_key"


async def test_a_refusal_that_may_pass_opens_nothing() -> None:
    circuit = ModelCircuit(FakeStored())
    sessions = FakeSessions(failures=1, reason="status_503")
    opener = GuardedOpener(sessions.take, circuit)
    with pytest.raises(ConnectionFailedError):
        await opener(limit_s=1)
    assert circuit.reason is None
    assert isinstance(await opener(limit_s=1), ModelLeg)


async def test_while_it_is_open_nobody_asks_the_model_and_calls_are_told_at_once() -> None:
    circuit, sessions = ModelCircuit(FakeStored()), FakeSessions()
    GuardedSessions(sessions, circuit).refused("insufficient_quota")
    for ask in (GuardedOpener(sessions.take, circuit), GuardedSessions(sessions, circuit).take):
        with pytest.raises(ConnectionFailedError) as refused:
            await ask(limit_s=1)
        assert refused.value.reason == "insufficient_quota"
    assert sessions.sockets == []


async def test_while_it_is_closed_sessions_are_given_out() -> None:
    assert isinstance(await GuardedSessions(FakeSessions(), ModelCircuit(FakeStored())).take(limit_s=1), ModelLeg)


async def test_it_is_written_once_and_read_from_then_on() -> None:
    stored = FakeStored()
    circuit = ModelCircuit(stored)
    circuit.refused("insufficient_quota")
    circuit.refused("insufficient_quota")
    for _ in range(3):
        await circuit.refresh()
    assert stored.writes == ["insufficient_quota"]
    stored.opened = None
    assert await circuit.refresh() is None


async def test_without_the_store_it_stays_open_here_and_is_written_later() -> None:
    stored = FakeStored()
    circuit = ModelCircuit(stored)
    circuit.refused("invalid_api_key")
    stored.is_away = True
    with pytest.raises(StoreUnavailableError):
        await circuit.refresh()
    assert circuit.reason == "invalid_api_key"
    stored.probes = 1
    assert not await circuit.claim_probe()
    await circuit.close()
    assert circuit.reason == "invalid_api_key"
    stored.is_away = False
    await circuit.refresh()
    assert stored.writes == ["invalid_api_key"]


class Probed:
    """A probe of an open circuit, and the session that it opens."""

    def __init__(self, *, failures: int = 0, probes: int = 1, limit_s: float = 5.0) -> None:
        self.stored = FakeStored()
        self.stored.probes = probes
        self.circuit = ModelCircuit(self.stored)
        self.circuit.refused("insufficient_quota")
        self.sessions = FakeSessions(failures=failures, reason="insufficient_quota")
        self.probe = ModelProbe(self.sessions.take, self.circuit, limit_s=limit_s)

    async def run(self, *events: dict[str, object]) -> FakeSocket:
        """Let the probe run, with these events as the model's answer; an empty one breaks the connection."""
        async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
            tasks.create_task(self.probe.probe_if_due())
            for _ in range(10):
                await asyncio.sleep(0)
            for event in events:
                if event:
                    self.sessions.sockets[-1].bring(event)
                else:
                    self.sessions.sockets[-1].break_off()
        return self.sessions.sockets[-1]


def done(status: str, **details: object) -> dict[str, object]:
    return {"type": "response.done", "response": {"id": "r", "status": status, "status_details": details or None, "output": []}}


@pytest.mark.parametrize("status", ["completed", "incomplete"])
async def test_an_answer_to_a_probe_closes_the_circuit_for_all(status: str) -> None:
    probed = Probed()
    await probed.circuit.refresh()
    socket = await probed.run({"type": "response.created", "response": {"id": "r"}}, done(status))
    assert probed.circuit.reason is None
    assert probed.stored.opened is None
    (asked,) = socket.sent
    assert (asked["type"], asked["response"]["conversation"], asked["response"]["output_modalities"]) == (
        "response.create",
        "none",
        ["text"],
    )
    assert not socket.is_open


@pytest.mark.parametrize(
    "answer",
    [
        done("failed", error={"type": "insufficient_quota", "code": "insufficient_quota"}),
        done("failed"),
        {"type": "error", "error": {"code": "insufficient_quota"}},
        {},
    ],
)
async def test_a_probe_without_an_answer_leaves_it_open(answer: dict[str, object]) -> None:
    probed = Probed()
    socket = await probed.run(answer)
    assert probed.circuit.reason == "insufficient_quota"
    assert not socket.is_open


async def test_a_probe_that_gets_no_session_leaves_it_open() -> None:
    probed = Probed(failures=1)
    await probed.probe.probe_if_due()
    assert probed.circuit.reason == "insufficient_quota"
    assert probed.sessions.sockets == []


async def test_a_probe_that_is_not_answered_in_time_leaves_it_open() -> None:
    probed = Probed(limit_s=0.01)
    await probed.probe.probe_if_due()
    assert probed.circuit.reason == "insufficient_quota"
    assert not probed.sessions.sockets[-1].is_open


async def test_who_may_not_probe_and_who_need_not_open_no_session() -> None:
    probed = Probed(probes=0)
    await probed.probe.probe_if_due()
    closed = Probed()
    await closed.circuit.close()
    await closed.probe.probe_if_due()
    assert probed.sessions.sockets == closed.sessions.sockets == []
