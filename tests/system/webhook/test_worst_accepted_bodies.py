"""The worst body that a route accepts keeps the event loop for at most 50 ms of the processor at a stretch.

The routes are the application's own: one that nobody measures fails the test.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.routing import Route

from services.webhook.api.confirmations.requests import MAX_BULK_ITEMS
from services.webhook.http.body import MAX_BODY, MAX_BULK_BODY
from services.webhook.twilio.form import MAX_FIELDS
from tests.support.webhook.service import PUBLIC_URL, Service, make_service, signature, small_body
from tests.support.webhook.stretches import collecting_seldom, stretches

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
MOST_S = 0.05
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
CONFIRMATION, ATTEMPT = "cnf_01JD8X3F7Q2M5N8P0R4T6V9WZA", "att_01JD8X3F7Q2M5N8P0R4T6V9WZB"
PATH_VALUES = {
    "id": "",
    "phone": "+38344123456",
    "confirmation_id": CONFIRMATION,
    "attempt_id": ATTEMPT,
    "digit": "1",
    "failures": "0",
}
HEX = "0123456789abcdef"

Body = dict[str, Any]  # Any: JSON
MARKUP = ("ë" * 130, "<b>x</b>" * 24, "&amp;amp;" * 22, "<br>&#10;" * 22, "<" * 199, "&" * 199, "\u200bx" * 66)
"""Texts of lines that take long to clean."""


def filled(path: str, **values: str) -> str:
    """Return a route's path with these values; a parameter's converter (`{failures:int}`) is of no account."""
    return re.sub(r":[a-z]+}", "}", path).format(**values)


def orders() -> Iterator[Body]:
    """Yield the worst orders: as many items, texts and wishes as fit."""
    for text in MARKUP:
        piece = len(json.dumps(text, ensure_ascii=False).encode()) + 30
        items = [{"name": f"{text}x", "quantity": 100_000}] * min(200, (MAX_BODY - 4_000) // piece)
        yield great_order(items=items)
    yield great_order(items=[{"name": "x"}] * 200) | {"metadata": {f"{number:x<100}": "ë" * 1_000 for number in range(20)}}
    yield great_order() | {"company": "<b>" * 20_000 + "Shopaz"}
    yield great_order() | {"company": "&amp;lt;b&amp;gt;" * 3_500 + "Shopaz"}
    yield {**great_order(), "customer": {"phone": "+38344123456", "language": "sq" + "-abcdefgh" * 6_500}}


def great_order(**order: object) -> Body:
    """Return a body that has every member."""
    return {
        "order": {
            "id": "x" * 64,
            "total": "999999999999.99",
            "currency": "EUR",
            "delivery": {"address": "<b>x</b>" * 60, "date": "2026-11-25"},
            **order,
        },
        "company": "Shopaz",
        "customer": {"phone": "+38344123456", "name": "Arta", "language": "sq", "timezone": "Europe/Belgrade"},
        "call": {
            "not_before": "2099-01-01T00:00:00Z",
            "expires_at": "2099-01-02T00:00:00Z",
            "window": "09:00-20:00",
            "retry_delays": dict.fromkeys(("busy", "no_answer", "machine", "failed", "undecided", "error"), 300),
        },
    }


def bulks() -> Iterator[Body]:
    """Yield the worst lists: the longest, and of the largest orders (not as many as fit: one stretch is like another)."""
    small = [small_body(number) for number in range(MAX_BULK_ITEMS)]
    yield {"items": small}
    for order in orders():
        size = len(json.dumps(order, ensure_ascii=False).encode()) + 20
        yield {
            "items": [order | {"order": {**order["order"], "id": f"{number}"}} for number in range(min(40, MAX_BULK_BODY // size))]
        }


def endpoints() -> Iterator[Body]:
    """Yield the worst webhook endpoints."""
    events = ["confirmation.queued", "confirmation.finished"] * 5
    yield {"url": "https://shop.example/" + "x" * 479, "events": events, "description": "ë" * 200}
    yield {"url": f"https://{'a.' * 115}example/{'%41' * 80}", "events": events, "description": "<" * 200}


def resends() -> Iterator[Body]:
    """Yield the longest lists of dead letters."""
    yield {"event_ids": [f"{number:x<60}" for number in range(1_000)]}
    yield {"event_ids": []}
    yield {}


WORST: Mapping[str, Callable[[], Iterator[Body]]] = {
    "POST /v1/confirmations": orders,
    "POST /v1/confirmations/preview": orders,
    "POST /v1/confirmations/bulk": bulks,
    "POST /v1/webhook-endpoints": endpoints,
    "PATCH /v1/webhook-endpoints/{id}": endpoints,
    "POST /v1/webhook-endpoints/{id}/dead-letters/resend": resends,
}
"""By route, bodies that it accepts."""
BODILESS = {
    "DELETE /v1/confirmations/{id}",
    "PUT /v1/opt-outs/{phone}",
    "DELETE /v1/opt-outs/{phone}",
    "DELETE /v1/webhook-endpoints/{id}",
    "POST /v1/webhook-endpoints/{id}/rotate-secret",
    "DELETE /v1/customers/{phone}",
}
"""Routes without a body; one that comes all the same is not looked at, or refused."""


@pytest.fixture(autouse=True)
def long_lived_objects() -> Iterator[None]:
    with collecting_seldom():
        yield


async def test_every_described_route_that_changes_something_is_measured(described: dict[str, Any]) -> None:
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if method in {"post", "put", "patch", "delete"}
    }
    assert {name for name, operation in operations.items() if "requestBody" in operation} == set(WORST)
    assert {name for name, operation in operations.items() if "requestBody" not in operation} == BODILESS


@pytest.mark.parametrize("route", [*WORST, *sorted(BODILESS)])
async def test_the_worst_accepted_body_is_short_work(service: Service, route: str) -> None:
    method, path = route.split(" ")
    for body in WORST.get(route, orders)():
        content = json.dumps(body, ensure_ascii=False).encode()
        assert len(content) <= (MAX_BULK_BODY if path.endswith("bulk") else MAX_BODY)
        url = filled(path, **PATH_VALUES | {"id": await made_before(service, path)})
        async with stretches() as longest:
            answer = await service.client.request(method, url, content=content, headers=JSON)
        if route in WORST:
            assert answer.is_success, (answer.text[:500], content[:200])
        assert answer.status_code < 500, answer.text
        assert longest[0] <= MOST_S, (longest[0], content[:200])
        await undone(service, answer)


async def made_before(service: Service, path: str) -> str:
    """Return the id of what the path is about."""
    if path.startswith("/v1/confirmations/{id}"):
        return str((await service.submit(small_body()))["id"])
    if path.startswith("/v1/webhook-endpoints/{id}"):
        made = await service.client.post("/v1/webhook-endpoints", json={"url": "https://shop.example/hooks"})
        return str(made.json()["id"])
    return ""


async def undone(service: Service, answer: httpx.Response) -> None:
    """Make room for the next body: of one order, and for a shop's few endpoints."""
    if location := answer.headers.get("location"):
        await service.client.delete(location)
    for endpoint in (await service.client.get("/v1/webhook-endpoints")).json()["items"]:
        await service.client.delete(f"/v1/webhook-endpoints/{endpoint['id']}")


def signed_paths() -> list[str]:
    """Return the paths of Twilio, as the application has them."""
    app = make_service("redis://127.0.0.1:1/0").app
    routes = [route for route in vars(app)["_app"].routes if isinstance(route, Route)]
    return [filled(route.path, **PATH_VALUES) for route in routes if route.path.startswith(("/twilio/", "/incoming-call"))]


def forms() -> Iterator[dict[str, str]]:
    """Yield the worst forms: as many fields, and as much text, as are read."""
    yield {f"Field{number}": "x" * 300 for number in range(MAX_FIELDS)}
    yield {f"Field{number}": "ë" * 50 for number in range(MAX_FIELDS)}
    for name in ("CallSid", "From", "Digits", "SpeechResult", "AnsweredBy", "CallStatus", "Timestamp"):
        yield {name: "9" * 65_000}
        yield {name: "&#1;" * 6_000}
    yield {"From": "+38344123456", "CallSid": "CA" + HEX * 2, "Digits": "1", "CallStatus": "completed", "x": "x" * 64_000}


@pytest.mark.parametrize("path", signed_paths())
async def test_the_worst_signed_form_is_short_work(service: Service, path: str) -> None:
    for form in forms():
        content = urlencode(form).encode()
        assert len(content) <= MAX_BODY
        async with stretches() as longest:
            answer = await service.client.post(path, content=content, headers={**FORM, "x-twilio-signature": signature(path, form)})
        assert answer.status_code < 500, answer.text
        assert answer.status_code != 403, (path, PUBLIC_URL)
        assert longest[0] <= MOST_S, (longest[0], content[:200])
