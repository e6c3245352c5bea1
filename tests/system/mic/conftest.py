"""The system of `make run-local`, for the microphone client to call."""

from collections.abc import Iterator

import pytest

from tests.support.simulators.run_local import RunLocal, running_local


@pytest.fixture(scope="module")
def run_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunLocal]:
    with running_local(tmp_path_factory.mktemp("run-local")) as system:
        yield system
