"""The bodies of requests: read within a limit of size and time, and JSON only under its media type."""

import asyncio

from starlette.requests import Request

from services.webhook.http.json_text import parse_json
from services.webhook.http.problems import ProblemError, ProblemKind

MAX_BODY = 64 * 1024
MAX_BULK_BODY = 8 * 1024 * 1024
READ_LIMIT_S = 15.0

_JSON = "application/json"


async def read_body(request: Request, limit: int = MAX_BODY) -> bytes:
    """Return the body, of at most `limit` bytes.

    Raises:
        ProblemError: The body is too large, or takes too long.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(READ_LIMIT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise _too_large(limit)
    except TimeoutError as error:
        raise ProblemError(ProblemKind.BODY_TIMEOUT, f"The body must arrive within {READ_LIMIT_S:.0f} s.") from error
    return bytes(body)


def has_body(request: Request) -> bool:
    """Tell by its headers whether the request has a body. Source: RFC 9112, 6."""
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


async def read_json(request: Request, limit: int = MAX_BODY) -> object:
    """Return the value of the JSON body.

    Raises:
        ProblemError: The body is not JSON, is too large, or arrives too slowly.
    """
    return parse_json(await read_json_body(request, limit))


async def read_json_body(request: Request, limit: int = MAX_BODY) -> bytes:
    """Return the body of a request that says that it is JSON.

    Raises:
        ProblemError: It says something else, or its body is too large or arrives too slowly.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _JSON:
        detail = "Send the body as JSON, with the header Content-Type: application/json."
        raise ProblemError(ProblemKind.UNSUPPORTED_MEDIA_TYPE, detail, headers={"accept-post": _JSON})
    return await read_body(request, limit)


def _too_large(limit: int) -> ProblemError:
    detail = f"At most {limit // 1024} KiB are taken."
    return ProblemError(ProblemKind.BODY_TOO_LARGE, detail, headers={"connection": "close"})
