"""Only what Twilio signed for our public URL passes."""

from urllib.parse import urlencode

import pytest
from prometheus_client import CollectorRegistry
from starlette.datastructures import MultiDict
from starlette.requests import Request
from starlette.types import Message
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from services.webhook.http.problems import ProblemError, ProblemKind
from services.webhook.twilio.signature import SignedForms
from shared.twilio.callback_urls import CONNECTION_OVERRIDES

ORIGIN = "https://example.com"
TOKEN = "12345"
FORM = [("CallSid", "CA1234567890ABCDE"), ("Caller", "+14158675310"), ("Digits", "1234"), ("From", "+14158675310"),
        ("To", "+18005551212")]  # fmt: skip


def _request(target: str, body: bytes, **headers: str) -> Request:
    path, _, query = target.partition("?")

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    named = {"content_type": "application/x-www-form-urlencoded", "host": "internal:8000", **headers}
    pairs = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in named.items()]
    scope = {"type": "http", "method": "POST", "scheme": "http", "path": path, "raw_path": path.encode(),
             "query_string": query.encode(), "headers": pairs}  # fmt: skip
    return Request(scope, receive)


def _forms(token: str = TOKEN) -> SignedForms:
    return SignedForms(public_url=ORIGIN, auth_tokens=(token,), registry=CollectorRegistry())


def _signature(url: str, form: list[tuple[str, str]]) -> str:
    signed: str = RequestValidator(TOKEN).compute_signature(url, dict(form))
    return signed


async def test_twilios_own_example_passes_behind_a_proxy() -> None:
    request = _request("/myapp.php?foo=1&bar=2", urlencode(FORM).encode(), x_twilio_signature="L/OH5YylLD5NRKLltdqwSvS0BnU=")
    fields = await _forms().read(request)
    assert fields["Digits"] == "1234"


async def test_a_signature_with_the_old_token_passes_beside_a_new_one() -> None:
    forms = SignedForms(public_url=ORIGIN, auth_tokens=("new-token", TOKEN), registry=CollectorRegistry())
    fields = await forms.read(_request("/x", urlencode(FORM).encode(), x_twilio_signature=_signature(f"{ORIGIN}/x", FORM)))
    assert fields["CallSid"] == "CA1234567890ABCDE"


async def test_a_signature_over_the_fragment_passes_too() -> None:
    signed = _signature(f"{ORIGIN}/twilio/status/c/a{CONNECTION_OVERRIDES}", FORM)
    request = _request("/twilio/status/c/a", urlencode(FORM).encode(), x_twilio_signature=signed)
    assert (await _forms().read(request))["CallSid"] == "CA1234567890ABCDE"


async def test_the_path_counts_as_it_was_sent() -> None:
    signed = _signature(f"{ORIGIN}/a%2Fb/%C3%AB", FORM)
    await _forms().read(_request("/a%2Fb/%C3%AB", urlencode(FORM).encode(), x_twilio_signature=signed))


async def test_empty_fields_are_signed_and_kept() -> None:
    form = [("CallSid", "CA1"), ("Digits", ""), ("Emri", "Arta Krasniqi & vëllai")]
    signed = _signature(f"{ORIGIN}/x", form)
    fields = await _forms().read(_request("/x", urlencode(form).encode(), x_twilio_signature=signed))
    assert (fields["Digits"], fields["Emri"]) == ("", "Arta Krasniqi & vëllai")


@pytest.mark.parametrize(
    ("target", "body", "headers", "token"),
    [
        ("/x", urlencode(FORM).encode(), {}, TOKEN),
        ("/x", urlencode(FORM).encode(), {"x_twilio_signature": ""}, TOKEN),
        ("/x", urlencode(FORM).encode(), {"x_twilio_signature": "ë" * 28}, TOKEN),
        ("/x", urlencode([*FORM, ("a", "b")]).encode(), {"x_twilio_signature": _signature(f"{ORIGIN}/x", FORM)}, TOKEN),
        ("/y", urlencode(FORM).encode(), {"x_twilio_signature": _signature(f"{ORIGIN}/x", FORM)}, TOKEN),
        ("/x?a=1", urlencode(FORM).encode(), {"x_twilio_signature": _signature(f"{ORIGIN}/x", FORM)}, TOKEN),
        ("/x", urlencode(FORM).encode(), {"x_twilio_signature": _signature(f"{ORIGIN}/x", FORM)}, "another"),
        ("/x", urlencode(FORM).encode(), {"x_twilio_signature": _signature("http://internal:8000/x", FORM)}, TOKEN),
        (
            "/x",
            urlencode(FORM).encode(),
            {
                "x_twilio_signature": _signature(f"{ORIGIN}/x", FORM),
                "x_twilio_webhooks_signature_settings": "key=k,algorithm=NONE",
            },
            TOKEN,
        ),
    ],
)
async def test_all_else_is_refused(target: str, body: bytes, headers: dict[str, str], token: str) -> None:
    registry = CollectorRegistry()
    forms = SignedForms(public_url=ORIGIN, auth_tokens=(token,), registry=registry)
    with pytest.raises(ProblemError) as caught:
        await forms.read(_request(target, body, **headers))
    assert caught.value.kind is ProblemKind.INVALID_SIGNATURE
    assert registry.get_sample_value("twilio_signatures_refused_total") == 1


async def test_a_signed_form_with_another_body_is_refused_even_as_json() -> None:
    signed = _signature(f"{ORIGIN}/x", [])
    request = _request("/x", b'{"CallSid": "CA1"}', x_twilio_signature=signed, content_type="application/json")
    assert dict(await _forms().read(request)) == {}


@pytest.mark.parametrize("signature", [None, "", "AAAA", "A" * 28, "ë" * 27 + "=", "A" * 27 + "=\n", "A" * 64])
async def test_without_a_signature_of_the_right_form_the_body_is_not_even_read(signature: str | None) -> None:
    async def receive() -> Message:
        raise AssertionError("the body was read")

    headers = [] if signature is None else [(b"x-twilio-signature", signature.encode("latin-1"))]
    request = Request({"type": "http", "method": "POST", "path": "/x", "query_string": b"", "headers": headers}, receive)
    with pytest.raises(ProblemError) as caught:
        await _forms().read(request)
    assert caught.value.kind is ProblemKind.INVALID_SIGNATURE


async def test_two_signatures_are_none() -> None:
    signed = _signature(f"{ORIGIN}/x", FORM)
    request = _request("/x", urlencode(FORM).encode(), x_twilio_signature=signed)
    request.scope["headers"].append((b"x-twilio-signature", signed.encode()))
    with pytest.raises(ProblemError):
        await _forms().read(request)


async def test_a_form_may_have_two_hundred_fields_and_no_more() -> None:
    for count, is_taken in ((200, True), (201, False)):
        form = [(f"Field{number}", "x") for number in range(count)]
        request = _request("/x", urlencode(form).encode(), x_twilio_signature=_signature(f"{ORIGIN}/x", form))
        if is_taken:
            assert len(await _forms().read(request)) == count
            continue
        with pytest.raises(ProblemError) as caught:
            await _forms().read(request)
        assert (caught.value.kind, caught.value.detail) == (ProblemKind.BAD_REQUEST, "A form may have at most 200 fields.")


async def test_of_a_name_that_comes_twice_every_value_is_signed_and_the_last_counts() -> None:
    signed: str = RequestValidator(TOKEN).compute_signature(f"{ORIGIN}/x", MultiDict([("a", "2"), ("a", "1")]))
    fields = await _forms().read(_request("/x", b"a=2&a=1", x_twilio_signature=signed))
    assert fields["a"] == "1"
