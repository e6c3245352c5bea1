"""JSON texts: parsed strictly, so that no part is ignored, and within limits that keep the work linear and short."""

import hashlib
import json
from typing import NoReturn

from services.webhook.http.problems import ProblemError, ProblemKind

MAX_MEMBERS = 200  # of one object; the largest that a body may rightly have has 20
MAX_OBJECTS = 500  # and lists, in one body or entry: an order of 200 items has about 210
MAX_MEMBERS_IN_ALL = 2_000  # each that is unknown is a fault, which takes time to describe
MAX_DEPTH = 32
MAX_DIGITS = 40  # characters of one number
_MAX_NAME_SHOWN = 64


def parse_json(body: bytes) -> object:
    """Return the value of a JSON text (UTF-8); duplicate members, NaN and infinite numbers are refused.

    Raises:
        ProblemError: The text is not such JSON, or exceeds a limit. It names the place of the fault, and repeats nothing of
            the text.
    """
    try:
        value: object = _decoder.decode(decoded(body))
    except json.JSONDecodeError as error:
        raise _misspelt(error) from error
    except RecursionError as error:
        raise _too_deep() from error
    _check(value, has_escapes=b"\\u" in body)
    return value


def parse_at(text: str, start: int, most: int) -> tuple[object, int]:
    """Return the JSON value that begins at `start` and is at most `most` characters long, and where it ends.

    Raises:
        ProblemError: There is no such value.
    """
    piece = text[start : start + most]
    try:
        value, end = _decoder.raw_decode(piece)
    except json.JSONDecodeError as error:
        if start + most < len(text):
            raise _invalid(f"An entry of the list is no JSON, or is longer than {most} characters.") from error
        raise _misspelt(json.JSONDecodeError(error.msg, text, start + error.pos)) from error
    except RecursionError as error:
        raise _too_deep() from error
    _check(value, has_escapes="\\u" in piece[:end])
    return value, start + end


def decoded(body: bytes) -> str:
    """Return the body's text.

    Raises:
        ProblemError: It is not UTF-8, or begins with a byte order mark. Source: RFC 8259, 8.1.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _invalid(f"The body is not UTF-8 (byte {error.start}).") from error
    if text.startswith("\ufeff"):
        raise _invalid("The body begins with a byte order mark (BOM).")
    return text


_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical(value: object) -> bytes:
    """Return the one spelling of a JSON value: members sorted, no spaces, UTF-8."""
    return _canonical.encode(value).encode()


def fingerprint(value: object) -> str:
    """Return the digest of a JSON value: two spellings of the same value have the same digest."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _check(value: object, *, has_escapes: bool) -> None:
    """Check what the parser does not.

    Raises:
        ProblemError: The value is nested too deeply or has too many parts, or a text in it can't be stored.
    """
    level: list[object] = [value]
    objects = members = 0
    for _ in range(MAX_DEPTH):
        members += sum(len(outer) for outer in level if isinstance(outer, dict))
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
        objects += len(level)
        if objects > MAX_OBJECTS:
            raise _invalid(f"There are more than {MAX_OBJECTS} objects and arrays in one body or entry.")
        if not level:
            break
    else:
        raise _too_deep()
    if members > MAX_MEMBERS_IN_ALL:
        raise _invalid(f"The objects in one body or entry have more than {MAX_MEMBERS_IN_ALL} members.")
    if has_escapes:  # only an escape can write half of a surrogate pair
        try:
            canonical(value)
        except UnicodeEncodeError as error:
            raise _invalid("A text holds half of a surrogate pair.") from error


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(pairs) > MAX_MEMBERS:
        raise _invalid(f"An object has more than {MAX_MEMBERS} members.")
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]  # None: go on
        shown = json.dumps(twice[:_MAX_NAME_SHOWN])
        raise _invalid(f"The member {shown} appears twice in one object.")
    return members


def _whole_number(text: str) -> int:
    return int(_short(text))


def _number(text: str) -> float:
    value = float(_short(text))
    if value in {float("inf"), float("-inf")}:
        raise _invalid("A number is too large.")
    return value


def _short(number: str) -> str:
    if len(number) > MAX_DIGITS:
        raise _invalid(f"A number has too many digits: at most {MAX_DIGITS} are taken.")
    return number


def _no_constant(_name: str) -> NoReturn:
    raise _invalid("NaN and Infinity are no JSON.")


def _misspelt(error: json.JSONDecodeError) -> ProblemError:
    return _invalid(f"{error.msg} at line {error.lineno}, column {error.colno}.")


def _invalid(detail: str) -> ProblemError:
    return ProblemError(ProblemKind.INVALID_JSON, detail)


def _too_deep() -> ProblemError:
    return _invalid(f"The body is nested too deeply: at most {MAX_DEPTH} levels are taken.")


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_number, parse_int=_whole_number)
