"""A hostile body keeps the event loop for at most 50 ms of the processor at a stretch."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from services.webhook.http.body import MAX_BODY, MAX_BULK_BODY
from services.webhook.twilio.form import MAX_FIELDS
from tests.support.webhook.service import Service, signature, small_body
from tests.support.webhook.stretches import collecting_seldom, stretches

pytestmark = pytest.mark.system
MOST_S = 0.05
FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}


@pytest.fixture(autouse=True)
def long_lived_objects() -> Iterator[None]:
    with collecting_seldom():
        yield


def filled(piece: str, *, head: str = "", tail: str = "", size: int = MAX_BODY) -> bytes:
    """Return `head`, as many pieces with commas between as fit, and `tail`."""
    return (head + ",".join([piece] * ((size - len(head) - len(tail)) // (len(piece.encode()) + 1))) + tail).encode()


def order_with(**order: object) -> dict[str, Any]:
    """Return a body whose order has more members."""
    return {**small_body(), "order": {"id": "A-1", **order}}


BODIES: dict[str, Callable[[], bytes]] = {
    "empty_objects": lambda: filled("{}", head="[", tail="]"),
    "empty_lists": lambda: filled("[]", head='{"order":[', tail="]}"),
    "small_numbers": lambda: filled("1", head="[", tail="]"),
    "long_numbers": lambda: filled("9" * 40, head="[", tail="]"),
    "fractions": lambda: filled("1e9", head="[", tail="]"),
    "escapes": lambda: filled('"\\u00eb"', head="[", tail="]"),
    "long_text": lambda: json.dumps(order_with(id="x" * 65_000)).encode(),
    "line_breaks": lambda: b"\n" * 65_000 + b"{",
    "doubled_members": lambda: filled('"a":1', head="{", tail="}"),
    "many_members": lambda: b"{%s}" % ",".join(f'"a{number}":1' for number in range(6_500)).encode(),
    "deep": lambda: b'{"order":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "faulty_items": lambda: filled("{}", head='{"order":{"id":"A","items":[', tail="]}}"),
    "unknown_members": lambda: filled(
        "{" + ",".join(f'"{number}":1' for number in range(190)) + "}", head='{"order":{"id":"A","items":[', tail="]}}"
    ),
    "faulty_values": lambda: filled('{"name":1,"quantity":"x"}', head='{"order":{"id":"A","items":[', tail="]}}"),
    "largest_order": lambda: json.dumps(order_with(items=[{"name": "ë" * 130, "quantity": 9}] * 200), ensure_ascii=False).encode(),
    "event_ids": lambda: json.dumps({"event_ids": ["x" * 50] * 1_000}).encode(),
    "many_event_ids": lambda: filled('"x"', head='{"event_ids":[', tail="]}"),
    "events": lambda: filled('"x"', head='{"url":"https://shop.example/","events":[', tail="]}"),
}
ROUTES = (
    ("POST", "/v1/confirmations"),
    ("POST", "/v1/confirmations/bulk"),
    ("POST", "/v1/confirmations/preview"),
    ("POST", "/v1/webhook-endpoints"),
    ("PATCH", "/v1/webhook-endpoints/{endpoint}"),
    ("POST", "/v1/webhook-endpoints/{endpoint}/dead-letters/resend"),
)


def bulk_of(item: bytes) -> bytes:
    """Return as many of the item as a bulk may hold."""
    count = min(1_000, (MAX_BULK_BODY - 20) // (len(item) + 1))
    return b'{"items":[' + b",".join([item] * count) + b"]}"


BULKS: dict[str, Callable[[], bytes]] = {
    "of_numbers": lambda: filled("1", head='{"items":[', tail="]}", size=MAX_BULK_BODY),
    "of_blanks": lambda: b'{"items":[' + b" " * (MAX_BULK_BODY - 20) + b"]}",
    "of_blanks_before": lambda: b" " * (MAX_BULK_BODY - 20) + b'{"items":1}',
    "of_one_long_text": lambda: b'{"items":["' + b"x" * (MAX_BULK_BODY - 20) + b'"]}',
    "of_members": lambda: filled('"a":1', head='{"items":[{', tail="}]}", size=MAX_BULK_BODY),
    "of_other_members": lambda: filled('"a":1', head="{", tail="}", size=MAX_BULK_BODY),
    "of_lists": lambda: bulk_of(filled("[]", head="[", tail="]", size=8_300)),
    "of_objects": lambda: bulk_of(filled("{}", head="[", tail="]", size=8_300)),
    "of_faulty_items": lambda: bulk_of(filled("{}", head='{"order":{"id":"A","items":[', tail="]}}", size=8_300)),
    "of_unknown_members": lambda: bulk_of(
        filled("{" + ",".join(f'"{number}":1' for number in range(190)) + "}", head='{"order":{"items":[', tail="]}}", size=8_300)
    ),
    "of_great_orders": lambda: (
        b'{"items":['
        + b",".join(
            json.dumps(
                {**order_with(items=[{"name": "Kufje me vale", "quantity": 9}] * 190), "order": {
                    "id": f"B-{number}", "items": [{"name": "Kufje me vale", "quantity": 9}] * 180}}
            ).encode()
            for number in range(1_000)
        )
        + b"]}"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
async def test_the_worst_body_of_every_json_route_is_short_work(service: Service, name: str) -> None:
    made = await service.client.post("/v1/webhook-endpoints", json={"url": "https://shop.example/hooks"})
    body = BODIES[name]()
    assert len(body) <= MAX_BODY
    for method, path in ROUTES:
        async with stretches() as longest:
            answer = await service.client.request(method, path.format(endpoint=made.json()["id"]), content=body, headers=JSON)
        assert answer.status_code < 500, (path, answer.text)
        assert longest[0] <= MOST_S, (path, longest[0])


@pytest.mark.parametrize("name", BULKS)
async def test_the_worst_bulk_gives_others_their_turn(service: Service, name: str) -> None:
    body = BULKS[name]()
    assert len(body) <= MAX_BULK_BODY
    for headers in (JSON, {**JSON, "idempotency-key": "k"}):
        async with stretches() as longest:
            answer = await service.client.post("/v1/confirmations/bulk", content=body, headers=headers)
        assert answer.status_code < 500, answer.text
        assert longest[0] <= MOST_S


@pytest.mark.parametrize("path", ["/incoming-call", "/twilio/incoming-status", "/twilio/keypad/cnf_x/att_x"])
async def test_the_worst_form_is_short_work(service: Service, path: str) -> None:
    many = "&".join(f"{number:x}" for number in range(16_800)).encode()[:64_000]
    fields = {f"Field{number}": "x" * 300 for number in range(MAX_FIELDS)}
    forms = [(many, "A" * 27 + "="), (many, ""), (urlencode(fields).encode(), signature(path, fields))]
    statuses = []
    for body, signed in forms:
        async with stretches() as longest:
            answer = await service.client.post(path, content=body, headers={**FORM, "x-twilio-signature": signed})
        statuses.append(answer.status_code)
        assert longest[0] <= MOST_S
    assert statuses[:2] == [400, 403]
    assert statuses[2] in {200, 204}
