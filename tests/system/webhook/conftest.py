"""The service over a real, empty store."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from services.webhook.api.confirmations import bulk, bulk_replay
from services.webhook.http import middleware
from tests.support.webhook.service import DescribedAnswer, Service, make_service


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


@pytest.fixture
async def described(service: Service) -> dict[str, Any]:
    """Return the OpenAPI document."""
    document: dict[str, Any] = (await service.client.get("/openapi.json", headers={"authorization": ""})).json()
    return document


@pytest.fixture
def described_answer(described: dict[str, Any]) -> DescribedAnswer:
    """Return a check that fails for a value that is not as the document describes the answer of that name."""

    def check(name: str, value: object) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": described["components"]}
        Draft202012Validator(schema).validate(value)

    return check
