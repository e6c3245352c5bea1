"""Requests that schemathesis makes up from the description: each is answered as described, and none breaks the service."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks

from tests.support.valkey import ValkeyServer
from tests.support.webhook.process import running_webhook
from tests.support.webhook.service import KEY, make_service

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]

EXAMPLES = 12  # an operation
ENDLESS = ["followConfirmation", "followShop"]  # streams that go on until their reader leaves: test_events.py
# What fits the schema may break a rule that no schema can say: a number that exists, an order that is not open already.
BEYOND_SCHEMAS = checks.positive_data_acceptance
# One bad item stops no other: a bulk with one is answered 200, and the item's result says 422.
ITEM_BY_ITEM = {"createConfirmations": checks.negative_data_rejection}


async def _description() -> dict[str, Any]:
    """Return the OpenAPI document; nothing of it needs Redis."""
    service = make_service("redis://127.0.0.1:1/0")
    async with service.client:
        document: dict[str, Any] = (await service.client.get("/openapi.json")).json()
    await service.store.close()
    return document


schema = schemathesis.openapi.from_dict(asyncio.run(_description()))


@schema.auth()
class OurKey:
    """Shows the shop's key with each request, but for those that are made up to come without one."""

    def get(self, case: object, context: object) -> str:
        return f"Bearer {KEY}"

    def set(self, case: schemathesis.Case[Any], data: str, context: object) -> None:
        case.headers["Authorization"] = data


@pytest.fixture(scope="module")
def origin(valkey_server: ValkeyServer) -> Iterator[str]:
    with running_webhook(valkey_server.url) as (_, client):
        yield str(client.base_url)


@schema.exclude(operation_id=ENDLESS).parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_api_answers_as_described(case: schemathesis.Case[Any], origin: str) -> None:
    operation_id = case.operation.definition.raw["operationId"]
    left_out = [BEYOND_SCHEMAS, *(check for name, check in ITEM_BY_ITEM.items() if name == operation_id)]
    case.call_and_validate(base_url=origin, excluded_checks=left_out)
