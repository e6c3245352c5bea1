"""The people who are called, as scripts: who answers when, and what they say, press or do; pure and readable from JSON.

A script in JSON, with every shorthand (`Person.attempts` holds one entry a call; the last one repeats)::

    {"language": "sq", "attempts": [
        "busy",
        {"no_answer": {}},
        {"failed": {"sip_code": 404}},
        {"machine": {"greeting": "Lini një mesazh pas sinjalit."}},
        {"answer": {"ring_s": 2, "steps": [
            "wait_until_agent_done", {"say": {"intent": "confirm"}}, {"say": "Faleminderit!"},
            {"wait_agent_speaking": 800}, {"press": "1"}, {"pause": 1.5}, "cough", "hang_up"]}}]}
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta, Struct

from simulators.speech.phrases import Intent, phrases

Seconds: TypeAlias = Annotated[float, Meta(ge=0, le=3600)]
Milliseconds: TypeAlias = Annotated[int, Meta(ge=0, le=600_000)]
Keys: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9*#]+$")]
SipCode: TypeAlias = Annotated[int, Meta(ge=400, le=699)]
Level: TypeAlias = Annotated[float, Meta(ge=0, le=2000)]
"""Loudness of the room's steady noise (root mean square of 16-bit samples); 40 is a quiet street."""


class PeopleError(ValueError):
    """A script that cannot be read; the message names the place."""


class Verdict(StrEnum):
    """What answering machine detection reports; `NONE` keeps the callback from ever being sent."""

    HUMAN = "human"
    MACHINE_START = "machine_start"
    MACHINE_END_BEEP = "machine_end_beep"
    MACHINE_END_SILENCE = "machine_end_silence"
    MACHINE_END_OTHER = "machine_end_other"
    FAX = "fax"
    UNKNOWN = "unknown"
    NONE = "none"


class Amd(Struct, frozen=True, forbid_unknown_fields=True):
    """The verdict, how long after the answer it comes, and whether it comes though the call has ended by then."""

    verdict: Verdict
    after_s: Seconds = 4.0
    after_end: bool = False


class Say(Struct, frozen=True, forbid_unknown_fields=True, tag_field="step", tag="say"):
    """Speak a text, or phrase number `phrase` of those that people use for an intent; the step ends with the words."""

    text: str = ""
    intent: Intent | None = None
    phrase: Annotated[int, Meta(ge=0)] = 0
    language: str | None = None

    def __post_init__(self) -> None:
        if bool(self.text) == bool(self.intent):
            raise ValueError("say takes either a text or an intent")


class Press(Struct, frozen=True, forbid_unknown_fields=True, tag_field="step", tag="press"):
    """Press keys, one after the other."""

    keys: Keys
    gap_ms: Milliseconds = 300


class WaitUntilAgentDone(Struct, frozen=True, forbid_unknown_fields=True, tag_field="step", tag="wait_until_agent_done"):
    """Listen until at least `heard_ms` of speech were heard in this step and then `quiet_ms` of quiet."""

    quiet_ms: Milliseconds = 600
    heard_ms: Milliseconds = 300


class WaitAgentSpeaking(Struct, frozen=True, forbid_unknown_fields=True, tag_field="step", tag="wait_agent_speaking"):
    """Listen until `heard_ms` of speech were heard in this step, to interrupt what follows."""

    heard_ms: Milliseconds = 500


class Pause(Struct, frozen=True, forbid_unknown_fields=True, tag_field="step", tag="pause"):
    """Keep silent for a time."""

    seconds: Seconds


class Cough(Struct, frozen=True, forbid_unknown_fields=True, tag_field="step", tag="cough"):
    """Cough: a burst of noise that is no word."""

    ms: Milliseconds = 350


class HangUp(Struct, frozen=True, forbid_unknown_fields=True, tag_field="step", tag="hang_up"):
    """Put the phone down."""


class Stay(Struct, frozen=True, forbid_unknown_fields=True, tag_field="step", tag="stay"):
    """Stay on the line until the far end hangs up, or patience ends."""


Step: TypeAlias = Say | Press | WaitUntilAgentDone | WaitAgentSpeaking | Pause | Cough | HangUp | Stay


class Busy(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="busy"):
    """The line is engaged."""

    ring_s: Seconds = 1.0


class NoAnswer(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="no_answer"):
    """It rings until the caller's time-out."""


class Failed(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="failed"):
    """The carrier cannot connect the call."""

    sip_code: SipCode = 404
    ring_s: Seconds = 0.0


class Machine(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="machine"):
    """A voicemail: greeting, beep, then it records until the caller hangs up or the tape is full."""

    greeting: str = "Ju keni telefonuar numrin tim. Nuk mund të përgjigjem tani, lini një mesazh pas sinjalit."
    ring_s: Seconds = 3.0
    beep: bool = True
    records_s: Seconds = 60.0
    amd: Amd | None = None


class Answer(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="answer"):
    """A person answers and follows the steps, then stays; `patience_s` bounds each single wait."""

    steps: tuple[Step, ...] = ()
    ring_s: Seconds = 2.0
    patience_s: Seconds = 60.0
    noise: Level = 0.0
    amd: Amd = Amd(Verdict.HUMAN)


Attempt: TypeAlias = Busy | NoAnswer | Failed | Machine | Answer


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """One phone number's owner: what happens at the first call, the second, ...; the last entry repeats."""

    attempts: Annotated[tuple[Attempt, ...], Meta(min_length=1)]
    language: str = "sq"

    def at_attempt(self, number: int) -> Attempt:
        """What happens at the call with that number, counted from 1."""
        return self.attempts[min(number, len(self.attempts)) - 1]


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
"""Each step's name and the field that a bare value fills."""

ATTEMPT_KINDS: Mapping[str, str | None] = {
    "busy": "ring_s",
    "no_answer": None,
    "failed": "sip_code",
    "machine": "greeting",
    "answer": "steps",
}
"""The same for what can happen at a call."""


def parse_person(document: object) -> Person:
    """Read a script from JSON values, shorthand or tagged.

    Raises:
        PeopleError: something is unknown, missing or out of range.
    """
    if not isinstance(document, Mapping):
        raise PeopleError("a person is a JSON object")
    attempts = document.get("attempts")
    if not isinstance(attempts, (list, tuple)):
        raise PeopleError("`attempts` is a list with one entry a call")
    return _convert({**document, "attempts": [_long_attempt(attempt) for attempt in attempts]}, Person)


def parse_attempt(document: object) -> Attempt:
    """Read what happens at one call from JSON values.

    Raises:
        PeopleError: as `parse_person`.
    """
    return parse_person({"attempts": [document]}).attempts[0]


def as_json(person: Person | Attempt) -> dict[str, Any]:
    """The script as JSON values, which `parse_person` (or `parse_attempt`) reads back."""
    document: dict[str, Any] = msgspec.to_builtins(person)
    return document


def wording(step: Say, *, language: str) -> tuple[str, str]:
    """The words of a step and their language; `language` is the person's own."""
    spoken = step.language or language
    if step.intent is None:
        return step.text, spoken
    choices = phrases(step.intent, language=spoken)
    return choices[step.phrase % len(choices)], spoken


def utterances(attempt: Attempt, *, language: str) -> Iterator[tuple[str, str]]:
    """All words that will be spoken at that call, with their languages, so that they can be rendered ahead."""
    if isinstance(attempt, Machine):
        yield attempt.greeting, language
    elif isinstance(attempt, Answer):
        for step in attempt.steps:
            if isinstance(step, Say):
                yield wording(step, language=language)


def _long_attempt(attempt: object) -> object:
    document = _tagged(attempt, "kind", ATTEMPT_KINDS)
    steps = document.get("steps", ())
    if not isinstance(steps, (list, tuple)):
        raise PeopleError("`steps` is a list")
    if steps:
        document["steps"] = [_tagged(step, "step", STEP_KINDS) for step in steps]
    if isinstance(document.get("amd"), str):
        document["amd"] = {"verdict": document["amd"]}
    return document


def _tagged(value: object, tag_field: str, kinds: Mapping[str, str | None]) -> dict[str, Any]:
    """`"stay"`, `{"say": "Po"}` and `{"say": {"text": "Po"}}` as `{"step": "say", "text": "Po"}`."""
    if isinstance(value, Mapping) and tag_field in value:
        return dict(value)
    if isinstance(value, Mapping) and len(value) == 1:
        name, content = next(iter(value.items()))
    else:
        name, content = value, None
    if not isinstance(name, str) or name not in kinds:
        raise PeopleError(f"{value!r} is none of {', '.join(kinds)}")
    if content is None:
        return {tag_field: name}
    if isinstance(content, Mapping):
        return {tag_field: name, **content}
    main_field = kinds[name]
    if main_field is None:
        raise PeopleError(f"{name} takes no value")
    return {tag_field: name, main_field: content}


def _convert(document: object, kind: type[Person]) -> Person:
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as problem:
        raise PeopleError(str(problem)) from problem
