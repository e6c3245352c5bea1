"""Fixtures of the contract tests."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.simulators.openai import SimulatorProcess, running_simulator
from tests.support.simulators.twilio import FarEnd, StreamServer, TwilioSimulator, far_end, running_twilio, stream_server


@pytest.fixture(scope="session")
def openai_process() -> Iterator[SimulatorProcess]:
    """Run one OpenAI simulator for the session, or for the xdist worker."""
    with running_simulator() as running:
        yield running


@pytest.fixture
def openai_simulator(openai_process: SimulatorProcess) -> SimulatorProcess:
    """Return the simulator, without sessions and faults."""
    openai_process.reset()
    openai_process.until_nobody_is_here()
    return openai_process


@pytest.fixture(scope="module")
def twilio_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwilioSimulator]:
    """Run one Twilio simulator for all tests of a file."""
    with running_twilio(tmp_path_factory.mktemp("wav")) as running:
        yield running


@pytest.fixture
def twilio(twilio_process: TwilioSimulator) -> TwilioSimulator:
    """Return the simulator, without calls, scripts and faults."""
    twilio_process.reset()
    return twilio_process


@pytest.fixture
def far() -> Iterator[FarEnd]:
    """Run a web server for the URLs that a call requests."""
    with far_end() as end:
        yield end


@pytest.fixture
async def server() -> AsyncIterator[StreamServer]:
    """Run the server that accepts the streams."""
    async with stream_server() as running:
        yield running
