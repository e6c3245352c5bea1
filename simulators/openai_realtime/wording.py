"""What the played model reads out of texts: the lines it may say, what it must say, and what a customer's words mean."""

import re
from collections.abc import Mapping

from simulators.phrases import PHRASES, Intent, every_phrase

_KEYED_LINE = re.compile(r"^\s*[-*]?\s*\[(\w+)\]\s*«([^»]+)»", re.MULTILINE)
_VERBATIM = re.compile(r"«([^»]+)»")


def script_of(instructions: str) -> dict[str, str]:
    """The keyed lines of the session's instructions."""
    return {key: line.strip() for key, line in _KEYED_LINE.findall(instructions)}


def language_of(script: Mapping[str, str]) -> str:
    """The language (ISO 639-1) the model speaks: an optional line `[language] «en»` says it, else Albanian."""
    return script.get("language", "sq")


def verbatim_of(instructions: str) -> str:
    """What a response is told to say word for word, or an empty string."""
    return " ".join(line.strip() for line in _VERBATIM.findall(instructions))


def intent_of_text(text: str) -> Intent:
    """What a customer's turn means that came as text: a known phrase, or a key that was reported as pressed."""
    wanted = text.strip().casefold()
    for language in PHRASES:
        for intent, phrase in every_phrase(language):
            if phrase.casefold() == wanted:
                return intent
    if re.search(r"pressed\W+(key\W+)?9\b", wanted):
        return Intent.REPEAT
    return Intent.UNCLEAR
