"""What a request's head must be before the WebSocket library sees it: that one hangs up, without an answer, on some of the rest.

A proxy in front of us takes a connection that ends without an answer for a broken server, so each fault of a client has a 4xx.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

MOST_HEAD_BYTES = 8 * 1024
MOST_HEADERS = 64
HEAD_END = b"\r\n\r\n"

_KEY_BYTES = 16
_VERSIONS = frozenset({"13", "8", "7"})  # as picows
_REQUEST_LINE_PARTS = 3


@dataclass(frozen=True, slots=True)
class HeadFault:
    """Why a request is refused; `reason` is a short code."""

    status: HTTPStatus
    reason: str


TOO_LARGE = HeadFault(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large")
URI_TOO_LONG = HeadFault(HTTPStatus.REQUEST_URI_TOO_LONG, "uri_too_long")
TOO_SLOW = HeadFault(HTTPStatus.REQUEST_TIMEOUT, "head_too_slow")
TOO_MANY = HeadFault(HTTPStatus.TOO_MANY_REQUESTS, "too_many_connections")
_METHOD = HeadFault(HTTPStatus.METHOD_NOT_ALLOWED, "method")
_MALFORMED = HeadFault(HTTPStatus.BAD_REQUEST, "malformed_head")
_BODY = HeadFault(HTTPStatus.BAD_REQUEST, "body")
_NO_UPGRADE = HeadFault(HTTPStatus.UPGRADE_REQUIRED, "no_upgrade")
_BAD_UPGRADE = HeadFault(HTTPStatus.BAD_REQUEST, "malformed_upgrade")


def oversize_fault(received: bytes) -> HeadFault:
    """Return the fault of a head of which more than `MOST_HEAD_BYTES` came."""
    return TOO_LARGE if b"\r\n" in received[: MOST_HEAD_BYTES // 2] else URI_TOO_LONG


def head_fault(head: bytes) -> HeadFault | None:
    """Return what is wrong with a whole head (without the empty line at its end), or None.

    Source: RFC 9112, 2 to 6. Only `GET` without a body is served here.
    """
    request_line, *lines = head.split(b"\r\n")
    parts = request_line.split(b" ")
    if len(parts) != _REQUEST_LINE_PARTS or not parts[1].startswith(b"/") or not parts[2].startswith(b"HTTP/"):
        return _MALFORMED
    if parts[0] != b"GET":
        return _METHOD
    if parts[2] != b"HTTP/1.1" or not (head.isascii() and b"\0" not in head):
        return _MALFORMED
    if len(lines) > MOST_HEADERS:
        return TOO_LARGE
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip() or b"\n" in line or b"\r" in line:
            return _MALFORMED
        match name.lower():
            case b"transfer-encoding":
                return _BODY
            case b"content-length" if value.strip() != b"0":
                return _BODY
            case _:
                pass
    return None


def upgrade_fault(headers: Mapping[str, str]) -> HeadFault | None:
    """Return what is wrong with a WebSocket's handshake (its names in any case), or None.

    Source: RFC 6455, 4.2.1.
    """
    if headers.get("upgrade", "").lower() != "websocket" or headers.get("connection", "").lower() != "upgrade":
        return _NO_UPGRADE
    try:
        key = base64.b64decode(headers.get("sec-websocket-key", ""), validate=True)
    except (binascii.Error, ValueError):
        return _BAD_UPGRADE
    if len(key) != _KEY_BYTES or headers.get("sec-websocket-version") not in _VERSIONS:
        return _BAD_UPGRADE
    return None


def refusal_bytes(fault: HeadFault) -> bytes:
    """Return the whole response; the connection is closed after it."""
    body = b'{"status":"refused","reason":"%b"}' % fault.reason.encode()
    allow = b"Allow: GET\r\n" if fault.status is HTTPStatus.METHOD_NOT_ALLOWED else b""
    head = f"HTTP/1.1 {int(fault.status)} {fault.status.phrase}\r\n".encode()
    fixed = b"Content-Type: application/json\r\nConnection: close\r\n"
    return head + fixed + allow + b"Content-Length: %d\r\n\r\n" % len(body) + body
