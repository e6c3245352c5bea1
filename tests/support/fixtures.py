"""Fixtures that tests/conftest.py offers to all tests."""

from collections.abc import Iterator

import pytest

from tests.support.valkey import ValkeyServer, running_valkey


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """One server for the session, or for the xdist worker. Not emptied: ask for `valkey` or `valkey_url`."""
    with running_valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def valkey(valkey_server: ValkeyServer) -> ValkeyServer:
    """The server, empty."""
    valkey_server.flush()
    return valkey_server


@pytest.fixture
def valkey_url(valkey: ValkeyServer) -> str:
    """REDIS_URL of an empty server."""
    return valkey.url
