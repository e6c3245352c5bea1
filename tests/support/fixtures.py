"""Fixtures that tests/conftest.py makes available to all tests."""

from collections.abc import Iterator

import pytest

from tests.support.valkey import ValkeyServer, running_valkey


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """Run one server for the session, or for the xdist worker. It is not emptied: use `valkey` or `valkey_url` for that."""
    with running_valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def valkey(valkey_server: ValkeyServer) -> Iterator[ValkeyServer]:
    """Yield the server, emptied. The test fails if a program needed a right that its user in deploy/users.acl lacks."""
    valkey_server.flush()
    valkey_server.refusals()
    yield valkey_server
    refusals = valkey_server.refusals()
    assert not refusals, "; ".join(refusals)


@pytest.fixture
def valkey_url(valkey: ValkeyServer) -> str:
    """Return the REDIS_URL of an emptied server."""
    return valkey.url
