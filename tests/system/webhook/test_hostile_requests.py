"""Whatever stands in a body, a query, a path or a header: the answer is a 4xx that says why, never an unhandled error."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.support.webhook.service import Service, make_service, small_body

pytestmark = pytest.mark.system
JSON = {"content-type": "application/json"}
ODD = ("\x00", "\ud800", "\udfff", "9" * 5_000, "1e400", "\ufeff", "../..", "%", "a" * 4_000, "[" * 300, "\u202e")
BODIES = (
    b'{"order":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    b'{"order":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001,
    b'{"order":{"id":"\\ud800"},"company":"Shopaz","customer":{"phone":"+38344123456"}}',
    b'{"order":{"id":"a\\u0000b"},"company":"Shopaz","customer":{"phone":"+38344123456"}}',
    b'{"\\u0000":1}',
    b'{"order":{"id":1e400}}',
    b'{"order":{"id":' + b"9" * 5_000 + b"}}",
    b'{"items":[1e400]}',
    b'{"url":"https://\\ud800.example/","description":"\\u0000"}',
    b'{"event_ids":["\\udfff"]}',
    b'{"event_ids":[' + b"1" * 60_000 + b"]}",
    b"\x00",
    b"\xff\xfe",
    b"",
    b"nul",
)


def operations(described: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """Return method, path and whether there is a body, of all operations."""
    return [
        (method.upper(), path, "requestBody" in operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


async def ask(service: Service, method: str, path: str, **what: object) -> httpx.Response:
    """Send a request; a stream's answer is not read."""
    verb = "HEAD" if path.partition("?")[0].endswith("/events") else method
    async with service.client.stream(verb, path, **what) as answer:  # type: ignore[arg-type]  # httpx's own keywords
        if answer.status_code != 200:
            await answer.aread()
        return answer


async def test_every_body_at_every_route(service: Service, described: dict[str, Any]) -> None:
    for method, path, has_body in operations(described):
        if not has_body:
            continue
        for body in BODIES:
            answer = await ask(service, method, path.format(id="x", phone="x"), content=body, headers=JSON)
            assert 400 <= answer.status_code < 500, (method, path, body[:60])
            assert answer.headers["content-type"] == "application/problem+json"


async def test_metadata_with_a_nul_comes_back_as_it_was_sent(service: Service) -> None:
    made = await service.submit({**small_body(), "metadata": {"a\x00b": "c\x00"}})
    assert (await service.client.get(f"/v1/confirmations/{made['id']}")).json()["metadata"] == {"a\x00b": "c\x00"}


async def test_every_oddity_in_every_path_and_query(service: Service, described: dict[str, Any]) -> None:
    spelt = [quote(odd, safe="", errors="surrogatepass") for odd in ODD] + ["%ff%fe", "%", "%zz"]
    for method, path, has_body in operations(described):
        body = {"content": json.dumps({"enabled": True}).encode(), "headers": JSON} if has_body else {}
        for odd in spelt:
            targets = [path.replace("{id}", odd).replace("{phone}", odd)] if "{" in path else []
            names = ("status", "outcome", "order_id", "limit", "cursor", odd)
            targets += [f"{path.format(id='x', phone='x')}?{name}={odd}" for name in names]
            for target in targets:
                answer = await ask(service, method, target, **body)
                assert answer.status_code < 500, (method, target[:100])


HEADER_VALUES = (
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b"9" * 5_000,
    b"1e400",
    b"a b",
    b'"',
    b"9" * 20 + b"-" + b"9" * 20,
    b"18446744073709551615-18446744073709551615",
    b"-1",
    b"0-0-0",
)


@pytest.mark.parametrize("value", HEADER_VALUES)
async def test_every_oddity_in_the_headers_that_are_read(service: Service, value: bytes) -> None:
    made = await service.submit(small_body())
    for path in ("/v1/events", f"/v1/confirmations/{made['id']}/events"):
        answer = await ask(service, "GET", path, headers=[(b"last-event-id", value)])
        assert answer.status_code == 400, path
    for path in ("/v1/confirmations", "/v1/confirmations/bulk"):
        headers = [(b"idempotency-key", value), (b"content-type", b"application/json")]
        answer = await service.client.post(path, content=b"{}", headers=headers)
        assert answer.status_code in {400, 422}
    for name in (b"authorization", b"content-type", b"content-length", b"if-none-match", b"x-request-id"):
        got = await ask(service, "POST", "/v1/confirmations", content=b"{}", headers=[(name, value)])
        assert 400 <= got.status_code < 500, name
    assert (await service.client.get("/openapi.json", headers=[(b"if-none-match", value)])).status_code == 200


@pytest.mark.parametrize("path", ["/v1/confirmations", "/docs", "/openapi.json", "/healthz", "/nowhere", "/twilio/status/a/b"])
async def test_a_malformed_host_is_a_400_everywhere(service: Service, path: str) -> None:
    answer = await service.client.get(path, headers=[(b"host", b"[::1")])
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


async def test_the_rate_limiter_fails_closed() -> None:
    """While Redis is away nobody is counted, and nobody is served: not even by a route that could do without Redis."""
    away = make_service("redis://127.0.0.1:1/0", RATE_LIMIT="5/60")
    answer = await away.client.post("/v1/confirmations/preview", json={"not": "valid"})
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    await away.client.aclose()
    await away.store.close()
