"""The end of a call from the softphone: what the customer decided just before counts, as in any call."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.routing import Router

from services.webhook.settings import WebhookSettings
from services.webhook.softphone.routes import softphone_routes
from shared.core.lifecycle.facts import ConversationEnded, StreamOpened, VerdictGiven
from shared.core.outcome import Outcome, VerdictKind
from shared.settings.environ import parse_settings
from shared.store import Store, connect
from tests.support.orders import ALWAYS, verdict
from tests.unit.services.webhook.softphone.test_routes import ENVIRON

pytestmark = pytest.mark.system


@pytest.fixture
async def store(valkey_url: str) -> AsyncIterator[Store]:
    store = connect(valkey_url, ALWAYS)
    async with asyncio.TaskGroup() as tasks:
        notifying = tasks.create_task(store.notifications.run())
        yield store
        notifying.cancel()
    await store.close()


@pytest.fixture
async def client(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    router = Router(softphone_routes(parse_settings(WebhookSettings, ENVIRON | {"SOFTPHONE": "local"}), store))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(router), base_url="http://127.0.0.1") as client:
        yield client


async def a_call(store: Store, client: httpx.AsyncClient) -> tuple[dict[str, Any], str]:  # Any: JSON
    """Begin a call whose stream is open; return what the page knows of it, and the attempt's id."""
    call = (await client.post("/softphone/calls", json={})).json()
    attempt_id = call["call"].rpartition("/")[2]
    await store.confirmations.apply(call["confirmation_id"], lambda at: StreamOpened(at, attempt_id, call["call_sid"], "MZ1"))
    return call, attempt_id


async def test_a_decision_that_the_bridge_writes_after_the_end_counts(store: Store, client: httpx.AsyncClient) -> None:
    call, attempt_id = await a_call(store, client)
    confirmation_id = call["confirmation_id"]
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        ending = tasks.create_task(client.post(f"{call['call']}/end"))
        while not ending.done() and (await store.confirmations.get(confirmation_id)).attempts[0].held_call_end is None:
            await asyncio.sleep(0.01)
        kind = VerdictKind.CONFIRMED
        await store.confirmations.apply(confirmation_id, lambda at: VerdictGiven(at, attempt_id, verdict(kind, at)))
        await store.confirmations.apply(confirmation_id, lambda at: ConversationEnded(at, attempt_id, None, "decided"))
    assert ending.result().status_code == 204
    assert (await store.confirmations.get(confirmation_id)).outcome is Outcome.CONFIRMED


async def test_an_order_without_a_decision_is_withdrawn(store: Store, client: httpx.AsyncClient) -> None:
    call, _ = await a_call(store, client)
    assert (await client.post(f"{call['call']}/end")).status_code == 204
    assert (await store.confirmations.get(call["confirmation_id"])).outcome is Outcome.WITHDRAWN
