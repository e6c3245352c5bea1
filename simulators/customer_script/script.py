"""The script of a simulated customer: what happens at each call, and what they say, press or do during it."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from simulators.speech.phrases import Intent, phrases

Seconds: TypeAlias = Annotated[float, Meta(ge=0, le=3600)]
Milliseconds: TypeAlias = Annotated[int, Meta(ge=0, le=600_000)]
Keys: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9*#]+$")]
SipCode: TypeAlias = Annotated[int, Meta(ge=400, le=699)]
Level: TypeAlias = Annotated[float, Meta(ge=0, le=2000)]
"""Loudness of the room's steady noise (root mean square of 16-bit samples); 40 is a quiet street."""
Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]


class AmdVerdict(StrEnum):
    """The verdict of answering machine detection; with `NONE` the callback is never sent."""

    HUMAN = "human"
    MACHINE_START = "machine_start"
    MACHINE_END_BEEP = "machine_end_beep"
    MACHINE_END_SILENCE = "machine_end_silence"
    MACHINE_END_OTHER = "machine_end_other"
    FAX = "fax"
    UNKNOWN = "unknown"
    NONE = "none"


class Amd(Struct, frozen=True, forbid_unknown_fields=True):
    """The verdict, its delay after the answer, and whether it is sent even if the call has ended by then."""

    verdict: AmdVerdict
    after_s: Seconds = 4.0
    after_end: bool = False


class Say(Struct, frozen=True, forbid_unknown_fields=True, tag_field="step", tag="say"):
    """Speak a text, or phrase number `phrase` for an intent; the step ends when the words have been spoken."""

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
    """Listen until at least `heard_ms` of speech, and after it `quiet_ms` of silence, were heard in this step."""

    quiet_ms: Milliseconds = 600
    heard_ms: Milliseconds = 300


class WaitAgentSpeaking(Struct, frozen=True, forbid_unknown_fields=True, tag_field="step", tag="wait_agent_speaking"):
    """Listen until `heard_ms` of speech were heard in this step; the next step then interrupts the agent."""

    heard_ms: Milliseconds = 500


class Pause(Struct, frozen=True, forbid_unknown_fields=True, tag_field="step", tag="pause"):
    """Be silent for a time."""

    seconds: Seconds


class Cough(Struct, frozen=True, forbid_unknown_fields=True, tag_field="step", tag="cough"):
    """Cough: a burst of noise that is not a word."""

    ms: Milliseconds = 350


class HangUp(Struct, frozen=True, forbid_unknown_fields=True, tag_field="step", tag="hang_up"):
    """Put the phone down."""


class Stay(Struct, frozen=True, forbid_unknown_fields=True, tag_field="step", tag="stay"):
    """Stay on the line until the far end hangs up or the person's patience ends."""


Step: TypeAlias = Say | Press | WaitUntilAgentDone | WaitAgentSpeaking | Pause | Cough | HangUp | Stay


class Busy(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="busy"):
    """The line is busy."""

    ring_s: Seconds = 1.0


class NoAnswer(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="no_answer"):
    """The phone rings until the caller's time-out."""


class Failed(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="failed"):
    """The carrier cannot connect the call."""

    sip_code: SipCode = 404
    ring_s: Seconds = 0.0


class Machine(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="machine"):
    """A voicemail: plays a greeting and a beep, then records until the caller hangs up or the recording is full."""

    greeting: str = "Ju keni telefonuar numrin tim. Nuk mund të përgjigjem tani, lini një mesazh pas sinjalit."
    ring_s: Seconds = 3.0
    beep: bool = True
    records_s: Seconds = 60.0
    amd: Amd | None = None


class Answer(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="answer"):
    """A person answers, follows the steps, then stays on the line; `patience_s` limits each single wait."""

    steps: tuple[Step, ...] = ()
    ring_s: Seconds = 2.0
    patience_s: Seconds = 60.0
    noise: Level = 0.0
    echo: Share | None = None
    """The part of what the person hears that comes back on their own track; null leaves it to the simulator's profile."""
    amd: Amd = Amd(AmdVerdict.HUMAN)


Attempt: TypeAlias = Busy | NoAnswer | Failed | Machine | Answer


class CustomerScript(Struct, frozen=True, forbid_unknown_fields=True):
    """The owner of one phone number: what happens at the first call, the second, and so on; the last entry repeats."""

    attempts: Annotated[tuple[Attempt, ...], Meta(min_length=1)]
    language: str = "sq"

    def at_attempt(self, number: int) -> Attempt:
        """Return what happens at the call with that number, counted from 1."""
        return self.attempts[min(number, len(self.attempts)) - 1]


def spoken_text(step: Say, *, language: str) -> tuple[str, str]:
    """Return the words of a step and their language; `language` is the person's own."""
    spoken = step.language or language
    if step.intent is None:
        return step.text, spoken
    choices = phrases(step.intent, language=spoken)
    return choices[step.phrase % len(choices)], spoken


def utterances(attempt: Attempt, *, language: str) -> Iterator[tuple[str, str]]:
    """Yield all words that will be spoken at that call, with their languages, so that they can be rendered in advance."""
    if isinstance(attempt, Machine):
        yield attempt.greeting, language
    elif isinstance(attempt, Answer):
        for step in attempt.steps:
            if isinstance(step, Say):
                yield spoken_text(step, language=language)
