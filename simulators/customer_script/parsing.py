"""Reads the script of a customer from JSON.

A script with every shorthand. `attempts` holds one entry for each call; the last entry repeats::

    {"language": "sq", "attempts": [
        "busy",
        {"declined": 603},
        {"no_answer": {}},
        {"failed": {"sip_code": 404}},
        {"machine": {"greeting": "Lini një mesazh pas sinjalit."}},
        {"answer": {"ring_s": 2, "steps": [
            "wait_until_agent_done", {"say": {"intent": "confirm"}}, {"say": "Faleminderit!"},
            {"wait_agent_speaking": 800}, {"press": "1"}, {"pause": 1.5}, "cough", "hang_up"]}}]}
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from simulators.customer_script.script import Attempt, CustomerScript

Json = dict[str, Any]  # Any: a script as JSON, checked when it is converted


class ScriptError(ValueError):
    """A script that cannot be read; the message names the place of the error."""


STEP_KINDS: Mapping[str, str | None] = {
    "say": "text",
    "press": "keys",
    "wait_until_agent_done": "quiet_ms",
    "wait_agent_speaking": "heard_ms",
    "pause": "seconds",
    "cough": "ms",
    "hang_up": None,
    "stay": None,
}
"""Each step's name, and the field that a value without a field name sets."""

ATTEMPT_KINDS: Mapping[str, str | None] = {
    "busy": "ring_s",
    "declined": "sip_code",
    "no_answer": None,
    "failed": "sip_code",
    "machine": "greeting",
    "answer": "steps",
}
"""The same for each kind of attempt."""


def parse_script(document: object) -> CustomerScript:
    """Read a script from JSON values, shorthand or tagged.

    Raises:
        ScriptError: A field is unknown, missing or out of range.
    """
    if not isinstance(document, Mapping):
        raise ScriptError("a person is a JSON object")
    attempts = document.get("attempts")
    if not isinstance(attempts, (list, tuple)):
        raise ScriptError("`attempts` is a list with one entry a call")
    return _convert({**document, "attempts": [_long_attempt(attempt) for attempt in attempts]}, CustomerScript)


def parse_attempt(document: object) -> Attempt:
    """Read what happens at one call from JSON values.

    Raises:
        ScriptError: As in `parse_script`.
    """
    return parse_script({"attempts": [document]}).attempts[0]


def as_json(person: CustomerScript | Attempt) -> Json:
    """Return the script as JSON values that `parse_script` (or `parse_attempt`) can read."""
    document: Json = msgspec.to_builtins(person)
    return document


def _long_attempt(attempt: object) -> object:
    document = _tagged(attempt, "kind", ATTEMPT_KINDS)
    steps = document.get("steps", ())
    if not isinstance(steps, (list, tuple)):
        raise ScriptError("`steps` is a list")
    if steps:
        document["steps"] = [_tagged(step, "step", STEP_KINDS) for step in steps]
    if isinstance(document.get("amd"), str):
        document["amd"] = {"verdict": document["amd"]}
    return document


def _tagged(value: object, tag_field: str, kinds: Mapping[str, str | None]) -> Json:
    """Convert `"stay"`, `{"say": "Po"}` and `{"say": {"text": "Po"}}` to the tagged form, `{"step": "say", "text": "Po"}`."""
    if isinstance(value, Mapping) and tag_field in value:
        return dict(value)
    if isinstance(value, Mapping) and len(value) == 1:
        name, content = next(iter(value.items()))
    else:
        name, content = value, None
    if not isinstance(name, str) or name not in kinds:
        raise ScriptError(f"{value!r} is none of {', '.join(kinds)}")
    if content is None:
        return {tag_field: name}
    if isinstance(content, Mapping):
        return {tag_field: name, **content}
    main_field = kinds[name]
    if main_field is None:
        raise ScriptError(f"{name} takes no value")
    return {tag_field: name, main_field: content}


def _convert(document: object, kind: type[CustomerScript]) -> CustomerScript:
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as problem:
        raise ScriptError(str(problem)) from problem
