"""The service over a real, empty store."""

from collections.abc import AsyncIterator

import pytest

from services.webhook.api.confirmations import bulk, bulk_replay
from services.webhook.http import middleware
from tests.support.webhook.service import Service, make_service


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a store that is slow because the machine is busy; `test_redis_away` is about the real limit."""
    for module in (middleware, bulk, bulk_replay):
        monkeypatch.setattr(module, "STORE_LIMIT_S", 20)


@pytest.fixture
async def service(valkey_url: str) -> AsyncIterator[Service]:
    made = make_service(valkey_url)
    async with made.client:
        yield made
    await made.store.close()
