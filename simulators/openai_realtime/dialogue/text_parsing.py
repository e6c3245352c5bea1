"""What the played model reads out of texts: the lines it may say, what it must say, and what a customer's words mean."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from simulators.speech.phrases import PHRASES, Intent, every_phrase

_KEYED_LINE = re.compile(r"^\s*[-*]?\s*\[(\w+)\]\s*«([^»]+)»", re.MULTILINE)
_OTHER_LANGUAGES = re.compile(r"^.*languages you may switch to:(.*)$", re.MULTILINE)
_ADDRESS = ("adres", "address", "адрес", "διεύθυνση", "indirizzo")
_VERBATIM = re.compile(r"«([^»]+)»")


def script_of(instructions: str) -> dict[str, str]:
    """The keyed lines of the session's instructions."""
    return {key: line.strip() for key, line in _KEYED_LINE.findall(instructions)}


def language_of(script: Mapping[str, str]) -> str:
    """The language (ISO 639-1) the model speaks: an optional line `[language] «en»` says it, else Albanian."""
    return script.get("language", "sq")


def verbatim_of(instructions: str) -> str:
    """What a response is customer to say word for word, or an empty string."""
    return " ".join(line.strip() for line in _VERBATIM.findall(instructions))


def other_languages_of(instructions: str) -> frozenset[str]:
    """The languages (ISO 639-1) the model may switch to: a line of the instructions lists them, each code in brackets."""
    line = _OTHER_LANGUAGES.search(instructions)
    return frozenset(re.findall(r"\((\w+)\)", line[1])) if line else frozenset()


def meaning_of_text(text: str) -> tuple[Intent, str]:
    """What a customer's turn means that came as text, and its language: a known phrase, or a key that was reported as pressed."""
    wanted = text.strip().casefold()
    for language in PHRASES:
        for intent, phrase in every_phrase(language):
            if phrase.casefold() == wanted:
                return intent, language
    if re.search(r"pressed\W+(key\W+)?9\b", wanted):
        return Intent.REPEAT, ""
    return Intent.UNCLEAR, ""


def changed_part(words: str) -> str:
    """Which part of the order somebody wants changed."""
    return "address" if any(part in words.casefold() for part in _ADDRESS) else "items"


def callback_time(words: str, now: datetime) -> dict[str, str]:
    """The tool's argument for a call-back: some people name a time, others don't."""
    if "dy orësh" in words or "two hours" in words:
        return {"callback_at": (now + timedelta(hours=2)).isoformat(timespec="seconds")}
    if "nesër" in words:
        return {"callback_at": (now + timedelta(days=1)).isoformat(timespec="seconds")}
    return {}
