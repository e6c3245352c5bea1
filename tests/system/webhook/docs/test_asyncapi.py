"""Channels, stream and webhooks are described by the models that the events are held to, and the description is kept."""

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from services.webhook.asyncapi import document
from shared.core.lifecycle.facts import Withdrawn
from shared.core.lifecycle.shop_event import EventType
from shared.store import StoredEvent
from tests.support.webhook.service import PUBLIC_URL, Service, body
from tests.system.store.conftest import CALL
from tools.generators import asyncapi

pytestmark = pytest.mark.system


async def told(service: Service) -> list[StoredEvent]:
    """Return the events of two orders: one was confirmed, one taken back."""
    events: list[StoredEvent] = []
    for number, facts in ((1, CALL), (2, (Withdrawn,))):
        made = await service.submit(body(order={"id": f"A-{number}"}, call=None))
        for make_fact in facts:
            await service.store.confirmations.apply(made["id"], make_fact)
        events += await service.store.events.of(await service.store.confirmations.get(made["id"]))
    return events


def references(value: object) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references, value.values())) if value else own
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def test_every_reference_leads_somewhere() -> None:
    described = document()
    assert described["asyncapi"] == "3.0.0"
    for reference in references(described):
        found: Any = described
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_the_file_says_what_the_models_say() -> None:
    text = asyncapi.FILE.read_text("utf-8")
    assert text == asyncapi.text(), "run python -m tools.generators.asyncapi"
    assert yaml.safe_load(text) == document()


async def test_all_that_is_told_is_as_described(service: Service) -> None:
    described = document()
    events = await told(service)
    assert {event.type for event in events} >= {EventType.FINISHED, EventType.QUEUED, EventType.CALLING}
    for event in events:
        payload = described["components"]["messages"][event.type.value.partition(".")[2]]["payload"]
        Draft202012Validator({**payload, "components": described["components"]}).validate(event.envelope)


async def test_an_events_schema_is_where_it_says(service: Service) -> None:
    events = await told(service)
    (path,) = {event.envelope["dataschema"].removeprefix(PUBLIC_URL) for event in events}
    answer = await service.client.get(path, headers={"authorization": ""})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/schema+json")
    assert answer.json()["$id"] == PUBLIC_URL + path
    for event in events:
        Draft202012Validator(answer.json()).validate(event.envelope["data"])


async def test_the_description_is_served(service: Service) -> None:
    answer = await service.client.get("/asyncapi.json", headers={"authorization": ""})
    assert json.loads(answer.content) == document()
