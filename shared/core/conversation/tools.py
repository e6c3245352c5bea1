"""The tools that the speech model can call, and the check of the arguments that it passes."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from shared.core.outcome import Change, VerdictKind
from shared.core.text import clean

RECORD_OUTCOME = "record_outcome"
END_CALL = "end_call"
SWITCH_LANGUAGE = "switch_language"
CHECK_ORDER_NUMBER = "check_order_number"
CALL_BACK = "call_back"

_TEXT_LIMIT = 1000
_READ_LIMIT = 4 * _TEXT_LIMIT  # markup and entities included
_FEWEST_WORDS = 2  # of a foreign sentence: one word, an "okay" or a "ciao", is none
_CHANGE_FIELDS = ("address", "date", "items", "phone")

# Source: OpenAI Realtime `session.tools`.
TOOLS: tuple[dict[str, Any], ...] = (  # Any: JSON schema for the vendor
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
                "wish": {
                    "type": "string",
                    "description": (
                        "If you read it back and `quote` is the answer to that: the customer's earlier words that asked for it. "
                        "Required for cancelled."
                    ),
                },
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
                "language": {"type": "string", "description": "The language of those words, BCP 47."},
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
    {
        "type": "function",
        "name": SWITCH_LANGUAGE,
        "description": "Go on in another of the listed languages, which the customer asked for or speaks in whole sentences.",
        "parameters": {
            "type": "object",
            "properties": {
                "language": {"type": "string", "description": "The other language's code, as listed."},
                "quote": {"type": "string", "description": "The customer's own words, as heard."},
                "is_asked_for": {"type": "boolean", "description": "Whether the customer asked for that language."},
            },
            "required": ["language", "quote", "is_asked_for"],
        },
    },
)

UNPROVEN_TOOLS: tuple[dict[str, Any], ...] = (  # Any: JSON schema for the vendor
    {
        "type": "function",
        "name": CHECK_ORDER_NUMBER,
        "description": "Check the last four characters of the order number, as the caller said them. You do not know them.",
        "parameters": {
            "type": "object",
            "properties": {
                "characters": {"type": "string", "description": "The letters and digits as heard, digits as figures: 48A2."},
            },
            "required": ["characters"],
        },
    },
    {
        "type": "function",
        "name": CALL_BACK,
        "description": "Have the customer called back at once, at the number that the shop has, when the caller wants that.",
        "parameters": {"type": "object", "properties": {}},
    },
    *(tool for tool in TOOLS if tool["name"] != RECORD_OUTCOME),
)
"""The tools while a caller has proven nothing: no decision is among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeReport:
    """What the model reports of a decision: what was decided and how it was said. `callback_at` is aware.

    If `quote` is the answer to a read-back, `wish` holds the words that had asked for what was read back.
    """

    kind: VerdictKind
    quote: str | None = None
    note: str | None = None
    callback_at: datetime | None = None
    change: Change | None = None
    language: str | None = None
    wish: str | None = None

    @property
    def spoken_language(self) -> str | None:
        """The code of the language that the decision was spoken in; None if it was one word and not a sentence."""
        return self.quoted_language if _is_sentence(self.quote) else None

    @property
    def quoted_language(self) -> str | None:
        """The code of the language of `quote`, however short; None if the model named none."""
        return _code(self.language) if self.language else None


@dataclass(frozen=True, slots=True)
class LanguageRequest:
    """The customer asked for the language with that code, or speaks it."""

    code: str


@dataclass(frozen=True, slots=True)
class InvalidArguments:
    """The model passed arguments that cannot be used; `message` tells it which ones can."""

    message: str


_NO_OBJECT = InvalidArguments("The arguments must be one JSON object.")


def parse_outcome(arguments: str, zone: tzinfo = UTC) -> OutcomeReport | InvalidArguments:
    """Check the arguments of `record_outcome`; only the outcome must be valid, what is unusable of the rest is left out.

    A time without an offset is read in `zone`, the customer's.
    """
    given = _object(arguments)
    if given is None:
        return _NO_OBJECT
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
        wish=_text(given.get("wish")),
    )


def parse_language(arguments: str) -> LanguageRequest | InvalidArguments:
    """Check the arguments of `switch_language`: a single foreign word switches nothing, unless it asks for the language."""
    given = _object(arguments)
    if given is None:
        return _NO_OBJECT
    language = _text(given.get("language"))
    if language is None:
        return InvalidArguments("language must be the code of a listed language.")
    if given.get("is_asked_for") is not True and not _is_sentence(_text(given.get("quote"))):
        return InvalidArguments("A single foreign word is no reason to switch.")
    return LanguageRequest(_code(language))


def parse_characters(arguments: str) -> str | InvalidArguments:
    """Check the arguments of `check_order_number`; returns what the caller said."""
    given = _object(arguments)
    if given is None:
        return _NO_OBJECT
    return _text(given.get("characters")) or InvalidArguments("characters must be the last four, as the caller said them.")


def _object(arguments: str) -> dict[str, Any] | None:  # Any: JSON of the model
    try:
        given = json.loads(arguments)
    except (ValueError, RecursionError):  # the latter: nested too deeply
        return None
    return given if isinstance(given, dict) else None


def _code(tag: str) -> str:
    """Return the language of a BCP 47 tag: `sq` of `sq-AL`."""
    return tag.partition("-")[0].lower()


def _is_sentence(words: str | None) -> bool:
    return words is not None and len(words.split()) >= _FEWEST_WORDS


def _text(value: object) -> str | None:
    """Return the words of a text argument; what the model repeats may be a stranger's."""
    return clean(value[:_READ_LIMIT]).strip()[:_TEXT_LIMIT] or None if isinstance(value, str) else None


def _moment(value: object, zone: tzinfo) -> datetime | None:
    """Return an aware time, or None if `value` is none: the call-back then follows the usual delay."""
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
