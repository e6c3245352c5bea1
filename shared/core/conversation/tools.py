"""The two tools the speech model has, and the check of what it passes to them."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from shared.core.outcome import Change, VerdictKind

RECORD_OUTCOME = "record_outcome"
END_CALL = "end_call"

_TEXT_LIMIT = 1000
_CHANGE_FIELDS = ("address", "date", "items", "phone")

# Any: JSON schema for the vendor, Source: OpenAI Realtime `session.tools`.
TOOLS: tuple[dict[str, Any], ...] = (
    {
        "type": "function",
        "name": RECORD_OUTCOME,
        "description": "Record what the customer decided, once it is clear. Only this counts; a later call replaces it.",
        "parameters": {
            "type": "object",
            "properties": {
                "outcome": {
                    "type": "string",
                    "enum": [kind.value for kind in VerdictKind],
                    "description": (
                        "confirmed; cancelled (only after you read the cancellation back); change_requested; "
                        "callback_requested; wrong_number; opted_out (wants no more such calls); "
                        "machine (voicemail or a screening assistant)."
                    ),
                },
                "quote": {"type": "string", "description": "The customer's own words, as heard."},
                "note": {
                    "type": "string",
                    "description": "What the shop should know, in one sentence; for a change, what to change.",
                },
                "callback_at": {"type": "string", "description": "For callback_requested: when, RFC 3339 with offset."},
                "change": {
                    "type": "object",
                    "description": "For change_requested: the new values.",
                    "properties": {name: {"type": "string"} for name in _CHANGE_FIELDS},
                },
                "language": {"type": "string", "description": "The language the customer speaks, BCP 47."},
            },
            "required": ["outcome"],
        },
    },
    {
        "type": "function",
        "name": END_CALL,
        "description": "End the call when the talk is over and nothing can be recorded.",
        "parameters": {"type": "object", "properties": {"reason": {"type": "string"}}, "required": ["reason"]},
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeReport:
    """What was decided and how it was said. `callback_at` is aware."""

    kind: VerdictKind
    quote: str | None = None
    note: str | None = None
    callback_at: datetime | None = None
    change: Change | None = field(default=None)
    language: str | None = None


@dataclass(frozen=True, slots=True)
class InvalidArguments:
    """The model passed something that cannot be used; `message` tells it how to do better."""

    message: str


def parse_outcome(arguments: str, zone: tzinfo = UTC) -> OutcomeReport | InvalidArguments:
    """Check the arguments of `record_outcome`; only the outcome must be right, the rest is taken where usable.

    A time without an offset is the customer's own, in `zone`.
    """
    try:
        given = json.loads(arguments)
    except ValueError:
        return InvalidArguments("The arguments must be one JSON object.")
    if not isinstance(given, dict):
        return InvalidArguments("The arguments must be one JSON object.")
    allowed = [kind.value for kind in VerdictKind]
    if given.get("outcome") not in allowed:
        return InvalidArguments(f"outcome must be one of: {', '.join(allowed)}.")
    return OutcomeReport(
        kind=VerdictKind(given["outcome"]),
        quote=_text(given.get("quote")),
        note=_text(given.get("note")),
        callback_at=_moment(given.get("callback_at"), zone),
        change=_change(given.get("change")),
        language=_text(given.get("language")),
    )


def _text(value: object) -> str | None:
    return value.strip()[:_TEXT_LIMIT] or None if isinstance(value, str) else None


def _moment(value: object, zone: tzinfo) -> datetime | None:
    """Return an aware time, or None where the text is none: the call-back then follows the usual delay."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
        aware.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter: the first or the last day of all time
        return None
    return aware


def _change(value: object) -> Change | None:
    if not isinstance(value, dict):
        return None
    parts = {name: _text(value.get(name)) for name in _CHANGE_FIELDS}
    return Change(**parts) if any(parts.values()) else None
