"""The bridge between both simulators, as fixtures."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.simulators.openai import SimulatorProcess, running_simulator
from tests.support.simulators.twilio import FarEnd, TwilioSimulator, far_end, running_twilio


@pytest.fixture(scope="module")
def openai() -> Iterator[SimulatorProcess]:
    with running_simulator() as simulator:
        simulator.behave()
        yield simulator


@pytest.fixture(scope="module")
def twilio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwilioSimulator]:
    with running_twilio(tmp_path_factory.mktemp("recordings")) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def end() -> Iterator[FarEnd]:
    with far_end() as web_server:
        yield web_server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bridge")
