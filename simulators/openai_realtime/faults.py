"""What goes wrong on purpose: faults, and the rules that say in which sessions."""

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from simulators.openai_realtime.events.validators import Json


class Faults(BaseModel):
    """How a session behaves; the defaults are a session in which all goes well.

    Lists of numbers name responses of the default conversation, counted from 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    refuse_handshake: int | None = None
    """HTTP status of the handshake instead of 101: 401, 403, 429, 500 or 503."""
    connect_delay_s: float = 0.0
    error_at_start: bool = False
    """The handshake succeeds, then comes an authentication `error` and close 4000 instead of `session.created`."""
    drop_after_deltas: int | None = None
    """The TCP connection breaks (1006) after that many audio deltas of the session."""
    drop_on_response: int | None = None
    """The TCP connection breaks right after that response's `response.created`."""
    failed_responses: tuple[int, ...] = ()
    failure_code: str = "insufficient_quota"
    unanswered_responses: tuple[int, ...] = ()
    """A `response.create` without any reaction."""
    stalled_responses: tuple[int, ...] = ()
    """`response.created`, and then nothing until it is cancelled."""
    expire_after_s: float | None = None
    noise: bool = False
    """Unknown event types (`x.simulator.noise`) and unknown keys between and in the real ones."""
    invalid_tool_calls: int = 0
    """This many calls, from the first, have arguments that are no JSON."""
    wrong_outcomes: int = 0
    """This many calls of `record_outcome`, from the first, name an outcome that doesn't exist."""
    speech_with_call: str = ""
    """Spoken in the same response, before each call of `record_outcome`."""
    end_call_beside_outcome: bool = False
    """`end_call` comes in the same response as `record_outcome`."""
    argument_delay_ms: int = 10
    """Pause between two deltas of a call's arguments; long ones let a customer cancel a call half-way."""
    withhold_session_updated: bool = False
    grant_format: str | None = None
    """The output format (`audio/pcm`) that `session.updated` grants whatever was asked for."""
    refuse_transcription: bool = False
    fail_transcription: bool = False
    transcription_delay_ms: int = 700
    response_latency_ms: int = 300
    """From `response.created` to the first output."""
    late_deltas: int = 3
    """Audio deltas still sent after the customer has cut in."""
    smallest_delta_bytes: int = 401
    largest_delta_bytes: int = 1999
    """Sizes are those of 8 kHz mu-law, where a byte is 1/8 ms."""
    burst: float = 5.0
    """How many times faster than real time audio comes."""
    idle_clock: float = 1.0
    """How many times faster `idle_timeout_ms` runs, for tests."""
    stop_reading_after_s: float | None = None

    def but(self, changes: Json) -> "Faults":
        """These faults with some settings changed; raises pydantic's `ValidationError` (a `ValueError`)."""
        return Faults.model_validate({**self.model_dump(), **changes})


class Rule(BaseModel):
    """Faults for some sessions: those whose instructions contain `match`, or just the next ones when it is null.

    `times` is how many sessions it still holds for, null for all.
    """

    model_config = ConfigDict(extra="forbid")

    faults: Json
    match: str | None = None
    times: int | None = None
    used: int = 0

    def applies(self, instructions: str | None) -> bool:
        """Whether it holds for a session that begins (null), or has just been given these instructions."""
        if self.times is not None and self.used >= self.times:
            return False
        if self.match is None:
            return instructions is None
        return instructions is not None and self.match in instructions


@dataclass(slots=True)
class FaultRules:
    """All rules in order, and the faults of sessions that no rule is about."""

    usual: Faults = field(default_factory=Faults)
    rules: list[Rule] = field(default_factory=list)

    def at_start(self) -> Faults:
        """The faults of a session that begins; uses up the rule that gave them."""
        return self._first_that_applies(None, self.usual) or self.usual

    def for_instructions(self, instructions: str, current: Faults) -> Faults | None:
        """The faults of a session that was just given instructions, or None when no rule is about them."""
        return self._first_that_applies(instructions, current)

    def add(self, body: Json) -> Rule:
        """Take in a rule as JSON: `{"faults": {…}, "match": "SHP-1" or null, "times": 1 or null}`.

        Raises:
            ValueError: It is no rule, or names an unknown fault (pydantic's `ValidationError`).
        """
        rule = Rule.model_validate(body)
        self.usual.but(rule.faults)
        self.rules.append(rule)
        return rule

    def to_json(self) -> Json:
        """For the admin API."""
        return {"usual": self.usual.model_dump(), "rules": [rule.model_dump() for rule in self.rules]}

    def _first_that_applies(self, instructions: str | None, base: Faults) -> Faults | None:
        for rule in self.rules:
            if rule.applies(instructions):
                rule.used += 1
                return base.but(rule.faults)
        return None
