"""The bodies of requests: read within a limit of size and time; JSON is parsed strictly, so that no part of it is ignored."""

import asyncio
import hashlib
import json
from typing import NoReturn

from starlette.requests import Request

from services.webhook.http.problems import ProblemError, ProblemKind

MAX_BODY = 64 * 1024
MAX_BULK_BODY = 8 * 1024 * 1024
READ_LIMIT_S = 15.0
_MAX_NAME_SHOWN = 64

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
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _JSON:
        detail = "Send the body as JSON, with the header Content-Type: application/json."
        raise ProblemError(ProblemKind.UNSUPPORTED_MEDIA_TYPE, detail, headers={"accept-post": _JSON})
    return parse_json(await read_body(request, limit))


def parse_json(body: bytes) -> object:
    """Return the value of a JSON text (UTF-8); duplicate members, NaN and infinite numbers are refused.

    Raises:
        ProblemError: The text is not such JSON. It names the place of the fault, and repeats nothing of the text.
    """
    try:
        value: object = json.loads(
            body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_number
        )
        if b"\\u" in body:
            canonical(value)  # only an escape can write half of a surrogate pair
    except UnicodeDecodeError as error:
        raise _invalid(f"The body is not UTF-8 (byte {error.start}).") from error
    except UnicodeEncodeError as error:
        raise _invalid("A text holds half of a surrogate pair.") from error
    except json.JSONDecodeError as error:
        raise _invalid(f"{error.msg} at line {error.lineno}, column {error.colno}.") from error
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise _invalid("A number has too many digits.") from error
    return value


_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical(value: object) -> bytes:
    """Return the one spelling of a JSON value: members sorted, no spaces, UTF-8."""
    return _canonical.encode(value).encode()


def fingerprint(value: object) -> str:
    """Return the digest of a JSON value: two spellings of the same value have the same digest.

    Raises:
        ProblemError: The value is nested too deeply.
    """
    try:
        return hashlib.sha256(canonical(value)).hexdigest()
    except RecursionError as error:
        raise _too_deep() from error


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _invalid(f"The member {json.dumps(twice[:_MAX_NAME_SHOWN])} appears twice in one object.")
    return members


def _number(text: str) -> float:
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        raise _invalid("A number is too large.")
    return value


def _no_constant(_name: str) -> NoReturn:
    raise _invalid("NaN and Infinity are no JSON.")


def _invalid(detail: str) -> ProblemError:
    return ProblemError(ProblemKind.INVALID_JSON, detail)


def _too_deep() -> ProblemError:
    return _invalid("The body is nested too deeply.")


def _too_large(limit: int) -> ProblemError:
    detail = f"At most {limit // 1024} KiB are taken."
    return ProblemError(ProblemKind.BODY_TOO_LARGE, detail, headers={"connection": "close"})
