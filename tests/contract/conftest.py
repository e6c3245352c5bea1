"""Fixtures of the contract tests."""

from collections.abc import Iterator

import pytest

from tests.support.openai_simulator import SimulatorProcess, running_simulator


@pytest.fixture(scope="session")
def openai_process() -> Iterator[SimulatorProcess]:
    """One OpenAI simulator for the session, or for the xdist worker."""
    with running_simulator() as running:
        yield running


@pytest.fixture
def openai_simulator(openai_process: SimulatorProcess) -> SimulatorProcess:
    """The simulator without sessions and faults."""
    openai_process.reset()
    openai_process.until_nobody_is_here()
    return openai_process
