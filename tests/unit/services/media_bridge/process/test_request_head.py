"""Every faulty request has its 4xx."""

from http import HTTPStatus

import pytest

from services.media_bridge.process.request_head import (
    MOST_HEAD_BYTES,
    MOST_HEADERS,
    TOO_LARGE,
    URI_TOO_LONG,
    HeadFault,
    head_fault,
    oversize_fault,
    refusal_bytes,
)

GOOD = b"GET /media-stream HTTP/1.1\r\nHost: calls.example\r\nContent-Length: 0"


def test_a_plain_get_is_well_formed() -> None:
    assert head_fault(GOOD) is None


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /media-stream HTTP/1.1\r\nHost: x", 405),
        (b"BREW /media-stream HTTP/1.1\r\nHost: x", 405),
        (b"GET /media-stream HTTP/1.0\r\nHost: x", 400),
        (b"GET  HTTP/1.1", 400),
        (b"GET http://x/ HTTP/1.1", 400),
        (b"", 400),
        (b"\x16\x03\x01\x02\x00", 400),
        (b"GET / HTTP/1.1\r\nno colon", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n folded", 400),
        (b"GET / HTTP/1.1\r\nX: caf\xe9", 400),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 5", 400),
        (b"GET / HTTP/1.1" + b"\r\nX: y" * (MOST_HEADERS + 1), 431),
    ],
)
def test_each_other_head_has_a_fault(head: bytes, status: int) -> None:
    fault = head_fault(head)
    assert fault is not None
    assert fault.status == status


def test_what_was_too_long_is_told() -> None:
    assert oversize_fault(b"GET / HTTP/1.1\r\nX: " + b"x" * MOST_HEAD_BYTES) == TOO_LARGE
    assert oversize_fault(b"GET /?" + b"x" * MOST_HEAD_BYTES) == URI_TOO_LONG


def test_a_refusal_is_a_whole_response() -> None:
    sent = refusal_bytes(HeadFault(HTTPStatus.METHOD_NOT_ALLOWED, "method"))
    head, _, body = sent.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 405 Method Not Allowed\r\n")
    assert b"Allow: GET" in head
    assert b"Content-Length: %d" % len(body) in head
