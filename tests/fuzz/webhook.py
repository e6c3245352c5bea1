"""The webhook service's parsers: Twilio's forms, the bodies of the REST API, queries and headers, what a shop writes as text."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote

from starlette.requests import Request
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # Twilio ships no types

from services.webhook.api.auth import ApiKeys
from services.webhook.api.confirmations.idempotency import idempotency_key
from services.webhook.api.confirmations.intake import new_confirmation
from services.webhook.api.confirmations.requests import MAX_BULK_ITEMS, ConfirmationBody
from services.webhook.api.confirmations.submissions import past_request
from services.webhook.api.validation import Body, validated
from services.webhook.api.webhook_endpoints.requests import EndpointBody, EndpointChange, ResendBody
from services.webhook.http.host import check_host
from services.webhook.http.json_list import read_list
from services.webhook.http.json_text import fingerprint, parse_json
from services.webhook.http.long_work import LongWork
from services.webhook.http.problems import ProblemError
from services.webhook.http.query_parameters import choice, invalid_parameter, number, parameters
from services.webhook.twilio.callbacks import progress
from services.webhook.twilio.form import parse_form
from shared.core.errors import InvalidValueError
from shared.core.ids import is_confirmation_id
from shared.core.outcome import Status
from shared.core.phone import normalise, spelt_e164
from shared.core.text import clean, company_fault, is_name_of_person
from shared.core.webhook_endpoints.url import url_fault
from shared.runtime.client_address import client_address
from shared.store.records.codec import encode
from tests.fuzz.target import Target
from tests.support.orders import NOON
from tests.support.webhook.service import AUTH_TOKEN, KEY, PUBLIC_URL, rules

_CONTEXT = rules()
_BODIES: tuple[type[Body], ...] = (EndpointBody, EndpointChange, ResendBody)
_VALIDATOR = RequestValidator(AUTH_TOKEN)
_KEYS = ApiKeys({KEY: "shopaz"})
_loop = asyncio.new_event_loop()


def _answered(read: Callable[[], object]) -> None:
    """Read; a problem is what the parsers promise, and it can be sent."""
    try:
        read()
    except ProblemError as problem:
        problem.response("req_1")


def _twilio_forms(data: bytes) -> None:
    def read() -> None:
        form = parse_form(data)
        _VALIDATOR.validate(f"{PUBLIC_URL}/incoming-call", form, "A" * 27 + "=")
        fact = progress(form, "att_1")
        if fact is not None:
            repr(fact(NOON)).encode()
        spelt_e164(form.get("From", ""))
        clean(form.get("AnsweredBy", "")[:40]).encode()

    _answered(read)


def _rest_bodies(data: bytes) -> None:
    def read() -> None:
        value = parse_json(data)
        digest = fingerprint(value)
        past_request(value, digest)
        for model in _BODIES:
            with suppress(ProblemError):
                validated(model, value, _CONTEXT)
        body = validated(ConfirmationBody, value, _CONTEXT)
        encode(new_confirmation(body, shop="shopaz", digest=digest, now=NOON)).encode()

    _answered(read)


def _bulk_bodies(data: bytes) -> None:
    async def read_all() -> None:
        async with LongWork().turns() as turns:
            items = await read_list(data, "items", turns, most=MAX_BULK_ITEMS, digested_as="bulk")
        for index in range(len(items)):
            with suppress(ProblemError):
                validated(ConfirmationBody, items.value(index), _CONTEXT)

    _answered(lambda: _loop.run_until_complete(read_all()))


def _queries_and_headers(data: bytes) -> None:
    """Read the first line as a query, and each further one as a header, as the HTTP parser of uvicorn passes them on."""
    query, *lines = data.split(b"\n")
    headers = [(name.strip().lower(), value.strip()) for name, colon, value in (line.partition(b":") for line in lines) if colon]
    request = Request({"type": "http", "method": "GET", "path": "/", "query_string": query, "headers": headers, "client": None})

    def cursor() -> None:
        values = parameters(request, "status", "limit", "cursor", "order_id")
        choice(values, "status", Status)
        number(values, "limit", default=50, most=200)
        if not is_confirmation_id(values.get("cursor", "")):
            raise invalid_parameter("cursor", "It must be the next_cursor of an earlier page.")

    _answered(lambda: check_host(headers))
    _answered(cursor)
    _answered(lambda: idempotency_key(request))
    _answered(lambda: _KEYS.caller(request.headers.get("authorization")))
    client_address("127.0.0.1", request.headers.get("x-forwarded-for"))


def _texts(data: bytes) -> None:
    """Read what a shop writes as a text, a name, a phone number or a URL."""
    text = data.decode("utf-8", "replace")
    cleaned = clean(text)
    cleaned.encode()
    is_name_of_person(cleaned[:200])
    company_fault(cleaned)
    url_fault(text, allows_private=False)
    with suppress(InvalidValueError):
        number_of = normalise(text, frozenset({"XK", "AL"}))
        assert number_of.startswith("+"), quote(number_of)


TARGETS: tuple[Target, ...] = (
    Target("twilio_forms", _twilio_forms, ((b"", b""), (b"CallSid=CA1&CallStatus=completed&From=", b""))),
    Target("rest_bodies", _rest_bodies, ((b"", b""), (b'{"order":{"id":"', b'"}}'), (b'{"metadata":{', b"}}"))),
    Target("bulk_bodies", _bulk_bodies, ((b"", b""), (b'{"items":[', b"]}"), (b'{"items":[{"company":"', b'"}]}'))),
    Target(
        "queries_and_headers", _queries_and_headers, ((b"", b""), (b"limit=", b"\nhost: a"), (b"\nauthorization: Bearer ", b""))
    ),
    Target("texts", _texts),
)
