"""JSON is taken strictly, and no more of it than the limit."""

import pytest
from starlette.requests import Request
from starlette.types import Message

from services.webhook.http.body import read_body, read_json
from services.webhook.http.json_text import fingerprint, parse_json
from services.webhook.http.problems import ProblemError, ProblemKind


def _request(*chunks: bytes, **headers: str) -> Request:
    left = list(chunks)

    async def receive() -> Message:
        chunk = left.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(left)}

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": named}, receive)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "Expecting value"),
        (b"{", "line 1, column 2"),
        (b'{"a": 1, "a": 2}', '"a" appears twice'),
        (b'{"a": NaN}', "NaN"),
        (b"[Infinity]", "NaN and Infinity"),
        (b"[1e999]", "too large"),
        (b"[" + b"9" * 5000 + b"]", "too many digits"),
        (b'["\xff"]', "not UTF-8 (byte 2)"),
        (b'["\\ud800"]', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b"[" * 100_000, "too deeply"),
        ("\ufeff{}".encode(), "BOM"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b"{} {}", "Extra data"),
        (b"[" * 33 + b"]" * 33, "at most 32 levels"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "at most 32 levels"),
        (b"[" + b"1" * 41 + b"]", "at most 40"),
        (b"[0." + b"1" * 41 + b"]", "at most 40"),
        (b"{" + b",".join(b'"%d":1' % number for number in range(201)) + b"}", "more than 200 members"),
        (b"[" + b",".join([b"{}"] * 501) + b"]", "more than 500 objects"),
        (b"[" + b",".join([b'{"a":1,"b":2,"c":3,"d":4,"e":5}'] * 401) + b"]", "more than 2000 members"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text: bytes, told: str) -> None:
    with pytest.raises(ProblemError) as caught:
        parse_json(text)
    assert caught.value.kind is ProblemKind.INVALID_JSON
    assert told in caught.value.detail


def test_values_are_never_echoed() -> None:
    with pytest.raises(ProblemError) as caught:
        parse_json(b'{"phone": +38344123456}')
    assert "383" not in caught.value.detail


def test_two_spellings_of_one_json_have_one_fingerprint() -> None:
    one = parse_json(b'{"a": [1, {"c": null, "b": "\\u00eb"}]}')
    other = parse_json('{ "a" : [1,{"b":"ë","c":null}] }'.encode())
    assert fingerprint(one) == fingerprint(other)
    assert fingerprint(one) != fingerprint(parse_json(b'{"a": [1]}'))
    assert len(fingerprint(one)) == 64


async def test_a_body_arrives_in_pieces() -> None:
    assert await read_body(_request(b"ab", b"", b"c")) == b"abc"


async def test_a_body_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(ProblemError) as caught:
        await read_body(_request(content_length="70000"))
    assert caught.value.kind is ProblemKind.BODY_TOO_LARGE


async def test_a_body_that_hides_its_size_is_refused_while_it_is_read() -> None:
    request = _request(b"x" * 60_000, b"x" * 60_000, b"never asked for")
    with pytest.raises(ProblemError) as caught:
        await read_body(request)
    assert caught.value.kind is ProblemKind.BODY_TOO_LARGE
    with pytest.raises(ProblemError):
        await read_body(_request(b"xxx", content_length="1"), limit=2)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
async def test_only_json_is_taken(kind: str) -> None:
    with pytest.raises(ProblemError) as caught:
        await read_json(_request(b"{}", **({"content_type": kind} if kind else {})))
    assert caught.value.kind is ProblemKind.UNSUPPORTED_MEDIA_TYPE


async def test_json_may_name_its_charset() -> None:
    assert await read_json(_request(b"{}", content_type="Application/JSON; charset=UTF-8")) == {}


def test_what_is_within_the_limits_is_taken() -> None:
    assert parse_json(b"[" * 32 + b"]" * 32)
    assert parse_json(b"[" + b"1" * 40 + b"]") == [int("1" * 40)]
    assert parse_json(b"{" + b",".join(b'"%d":1' % number for number in range(200)) + b"}")


def test_a_member_that_comes_forty_thousand_times_is_one_fault() -> None:
    with pytest.raises(ProblemError) as caught:
        parse_json(b"{" + b",".join([b'"a":1'] * 40_000) + b"}")
    assert caught.value.kind is ProblemKind.INVALID_JSON
