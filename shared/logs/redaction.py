"""Redaction, the second guard of the logs: it hides what is personal or secret if a caller logs it by mistake."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import PurePath
from types import TracebackType

HIDDEN = "[hidden]"

# Texts under these keys are written, with phone numbers and tokens masked; texts under any other key are hidden. To log a new
# text, add its key here; a reviewer asks whether it can hold a name, a number, an address or what somebody said.
TEXT_KEYS = frozenset(
    {
        "event", "level", "timestamp", "logger", "service", "version", "exception", "exc_info", "stack_info",
        "confirmation_id", "attempt_id", "attempt", "call_sid", "stream_sid", "event_id", "item_id", "response_id",
        "request_id", "job_id", "worker_id", "session_id", "message_id", "order_key", "shop", "status", "outcome", "result",
        "reason", "code", "kind", "type", "state", "phase", "step", "leg", "direction", "channel", "verdict", "answered_by",
        "language", "country", "model", "voice", "prompt_version", "script_version", "method", "route", "url", "host",
        "bind", "origin", "queue", "worker", "signal", "check", "checks", "limit", "circuit", "tool", "action", "function",
        "command", "error", "error_type", "cause", "setting", "settings", "formats", "format", "fix", "at", "due_at",
        "next_attempt_at", "started_at", "ended_at", "close_code", "close_reason", "twilio_code", "file", "key", "model_losses",
    }
)  # fmt: skip

# Any value under a key that matches is hidden, numbers too.
PERSONAL = re.compile(
    r"phone|address|customer|callee|caller|email|transcript|secret|password|passwd|authorization|api_?key|credential|cookie|"
    r"(name|number|text|quote|note|said|speech|prompt|instructions|payload|body|content|message|order|items?|metadata|token|"
    r"signature|audio|environ)$|^to$|^from_?$"
)

_MASKS = (
    (re.compile(r"\b((?:https?|wss?|rediss?(?:\+sentinel)?|unix)://)[^\s/@]*@", re.IGNORECASE), r"\1[hidden]@"),
    (re.compile(r"\b((?:https?|wss?)://[^\s?#'\"]+)[?#][^\s'\"]*", re.IGNORECASE), r"\1?[hidden]"),
    (re.compile(r"\b(bearer|basic)\s+[^\s'\",]+", re.IGNORECASE), r"\1 [hidden]"),
    (re.compile(r"\b(token|secret|password|api[_-]?key|authorization)(['\"]?\s*[=:]\s*)[^\s,;&]+", re.IGNORECASE), r"\1\2[hidden]"),
    (re.compile(r"\bsk-[\w-]{6,}"), HIDDEN),
    (re.compile(r"\b[\w-]{10,}\.[\w-]{5,}\.[\w-]{20,}"), HIDDEN),  # signed tokens: payload.time.signature
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"), "[address]"),
    (re.compile(r"\+\d[\d ()./-]{5,}\d"), "[number]"),  # E.164, with any spacing
    (re.compile(r"(?<!\w)0\d{1,3}[ /-]\d{3}[ -]?\d{2,4}\b"), "[number]"),  # national form: 044 123 456
    (re.compile(r"(?<!\w)\d{8,}(?!\w)"), "[number]"),
)
_MAY_NEED_MASK = re.compile(r"[@:=.+]|\d{3}|bearer|basic|sk-", re.IGNORECASE)  # a text without a match fits none of `_MASKS`
_LONG_NUMBER = 10_000_000
_MEASURED = re.compile(r"(_ms|_s|_at|_us|_ns|_bytes|_count|_total)$")
_MAX_DEPTH = 6
_MAX_FRAMES = 25
# Modules whose exceptions have a technical text. Of other exceptions only the type is logged: the text may repeat their input.
_TECHNICAL_MODULES = frozenset({"shared", "services", "redis", "websockets", "httpx", "httpcore", "twilio", "ssl", "asyncio"})


def mask(text: str) -> str:
    """Return `text` without phone numbers, tokens, credentials and URL queries."""
    if not _MAY_NEED_MASK.search(text):
        return text
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return text


def redact(entries: Mapping[str, object]) -> dict[str, object]:
    """Return the log entry with all but the known texts hidden, and phone numbers and tokens in those masked."""
    return {key: _redacted(key.lower(), value, 0) for key, value in entries.items()}


@lru_cache(1024)
def _is_personal(key: str) -> bool:
    return PERSONAL.search(key) is not None


def _redacted(key: str, value: object, depth: int) -> object:
    if value is None or isinstance(value, bool):
        return value
    if _is_personal(key):
        return HIDDEN
    match value:
        case float() | Decimal():
            return float(value)
        case int():
            return value if abs(value) < _LONG_NUMBER or _MEASURED.search(key) else "[number]"
        case str():
            return mask(value) if key in TEXT_KEYS else HIDDEN
        case _ if depth >= _MAX_DEPTH:
            return HIDDEN
        case Mapping():
            return {str(inner): _redacted(str(inner).lower(), one, depth + 1) for inner, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_redacted(key, one, depth + 1) for one in value]
        case PurePath():
            return mask(str(value)) if key in TEXT_KEYS else HIDDEN
        case BaseException():
            return describe(value)
        case type():
            return value.__name__
        case _:
            return HIDDEN


def describe(error: BaseException) -> str:
    """Return the type of an exception, with its text if that can't repeat anybody's data."""
    kind = type(error)
    is_technical = isinstance(error, OSError) or kind.__module__.split(".")[0] in _TECHNICAL_MODULES
    text = mask(str(error)) if is_technical else ""
    return f"{kind.__name__}: {text}" if text else kind.__name__


def traceback_text(error: BaseException) -> str:
    """Return the traceback with its causes and group members: file, line and function only, no source text, no variables."""
    return "\n".join(_traceback_lines(error, "", set()))


def _traceback_lines(error: BaseException, indent: str, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    yield f"{indent}{describe(error)}"
    for place in _places(error.__traceback__)[-_MAX_FRAMES:]:
        yield f"{indent}  {place}"
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            if id(member) not in seen:
                yield from _traceback_lines(member, indent + "    ", seen)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen:
        yield f"{indent}caused by"
        yield from _traceback_lines(cause, indent, seen)


def _places(trace: TracebackType | None) -> list[str]:
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_qualname}")
        trace = trace.tb_next
    return places
