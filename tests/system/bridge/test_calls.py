"""Whole calls through the bridge: real processes, real sockets, real audio; only Twilio and OpenAI are played."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from shared.core.outcome import Channel, VerdictKind
from tests.support.bridge import BridgeProcess, Phone, open_store, running_bridge
from tests.support.openai_simulator import SimulatorProcess, running_simulator
from tests.support.twilio_simulator import FarEnd, TwilioSimulator, far_end, running_twilio
from tests.support.valkey import ValkeyServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(90)]


@pytest.fixture(scope="module")
def openai() -> Iterator[SimulatorProcess]:
    with running_simulator() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def twilio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwilioSimulator]:
    with running_twilio(tmp_path_factory.mktemp("recordings")) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def end() -> Iterator[FarEnd]:
    with far_end() as web_server:
        yield web_server


@pytest.fixture
def bridge(valkey: ValkeyServer, openai: SimulatorProcess, tmp_path: Path) -> Iterator[BridgeProcess]:
    openai.reset()
    with running_bridge(tmp_path, redis_url=valkey.url, openai_url=openai.url) as process:
        yield process


@pytest.fixture
async def phone(
    valkey: ValkeyServer, openai: SimulatorProcess, twilio: TwilioSimulator, bridge: BridgeProcess, end: FarEnd
) -> AsyncIterator[Phone]:
    twilio.reset()
    async with open_store(valkey.url) as store:
        yield Phone(twilio, openai, bridge, end, store)


async def test_a_customer_confirms_by_voice(phone: Phone) -> None:
    call = await phone.call(
        "wait_until_agent_done", {"say": {"intent": "yes"}}, "wait_until_agent_done", {"say": {"intent": "confirm"}}
    )
    ledger = await call.ended()
    attempt = (await call.record()).attempts[0]
    assert attempt.verdict is not None, phone.bridge.log.read_text()
    assert (attempt.verdict.kind, attempt.verdict.channel) == (VerdictKind.CONFIRMED, Channel.VOICE)
    assert attempt.disclosure_played_at is not None
    assert attempt.stream_closed_at is not None
    assert ledger["streams"][0]["cut_ms"] == 0
    assert not ledger["warnings"]
