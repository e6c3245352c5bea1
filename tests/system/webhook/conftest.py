"""The service over a real, empty store."""

from collections.abc import AsyncIterator

import pytest

from tests.support.webhook import Service, make_service


@pytest.fixture
async def service(valkey_url: str) -> AsyncIterator[Service]:
    made = make_service(valkey_url)
    async with made.client:
        yield made
    await made.store.close()
