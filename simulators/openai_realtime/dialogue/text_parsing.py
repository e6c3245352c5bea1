"""Parses the texts that the simulated model gets: the lines that it may or must say, and the meaning of the customer's words."""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from simulators.speech.phrases import PHRASES, Intent, every_phrase

_KEYED_LINE = re.compile(r"^\s*[-*]?\s*\[(\w+)\]\s*«([^»]+)»", re.MULTILINE)
_OTHER_LANGUAGES = re.compile(r"^.*languages you may switch to:(.*)$", re.MULTILINE)
_ADDRESS = ("adres", "address", "адрес", "διεύθυνση", "indirizzo")
_RECORD = re.compile(r"\[\{.*\}\]", re.DOTALL)
_VERBATIM = re.compile(r"«([^»]+)»")


def script_of(instructions: str) -> dict[str, str]:
    """Return the keyed lines of the session's instructions."""
    return {key: line.strip() for key, line in _KEYED_LINE.findall(instructions)}


def language_of(script: Mapping[str, str]) -> str:
    """Return the model's language (ISO 639-1): that of the optional line `[language] «en»`, else Albanian."""
    return script.get("language", "sq")


def verbatim_of(instructions: str) -> str:
    """Return the words that a response must say exactly, or an empty string."""
    return " ".join(line.strip() for line in _VERBATIM.findall(instructions))


def record_of(note: str) -> list[tuple[bool, str]]:
    """Return the turns that a system message tells of as a JSON array: whether the agent spoke, and the words; often none."""
    found = _RECORD.search(note)
    try:
        turns = json.loads(found[0]) if found else []
        return [(turn["speaker"] == "agent", turn["words"]) for turn in turns]
    except (ValueError, KeyError, TypeError):
        return []


def other_languages_of(instructions: str) -> frozenset[str]:
    """Return the languages (ISO 639-1) that the model may switch to: a line of the instructions lists each code in brackets."""
    line = _OTHER_LANGUAGES.search(instructions)
    return frozenset(re.findall(r"\((\w+)\)", line[1])) if line else frozenset()


def meaning_of_text(text: str) -> tuple[Intent, str]:
    """Return meaning and language of a customer's turn that arrived as text: a known phrase, or a report of a pressed key."""
    wanted = text.strip().casefold()
    for language in PHRASES:
        for intent, phrase in every_phrase(language):
            if phrase.casefold() == wanted:
                return intent, language
    if re.search(r"pressed\W+(key\W+)?9\b", wanted):
        return Intent.REPEAT, ""
    return Intent.UNCLEAR, ""


def changed_part(words: str) -> str:
    """Return which part of the order the customer wants changed."""
    return "address" if any(part in words.casefold() for part in _ADDRESS) else "items"


def callback_time(words: str, now: datetime) -> dict[str, str]:
    """Return the tool's argument for a call-back: some customers name a time, others do not."""
    if "dy orësh" in words or "two hours" in words:
        return {"callback_at": (now + timedelta(hours=2)).isoformat(timespec="seconds")}
    if "nesër" in words:
        return {"callback_at": (now + timedelta(days=1)).isoformat(timespec="seconds")}
    return {}
