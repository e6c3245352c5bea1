"""Intended faults, and the rules that say which sessions have them."""

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from simulators.openai_realtime.chance import Chance, Chances
from simulators.openai_realtime.events.validators import Json
from simulators.openai_realtime.traits import OF_PROFILE, Traits
from simulators.profile import Profile


class Faults(Traits, BaseModel):
    """The faults and traits of a session; with the defaults it has none.

    Lists of numbers name responses of the default conversation, counted from 1.
    """

    refuse_handshake: int | None = None
    """HTTP status of the handshake instead of 101: 401, 403, 404, 429, 500 or 503."""
    connect_delay_s: float = 0.0
    error_at_start: bool = False
    """The handshake succeeds; then an `error` of `start_error_code` and close 4000 come instead of `session.created`."""
    start_error_code: str = "invalid_api_key"
    drop_after_deltas: int | None = None
    """The TCP connection breaks (1006) after this many audio deltas of the session."""
    drop_on_response: int | None = None
    """The TCP connection breaks right after that response's `response.created`."""
    failed_responses: tuple[int, ...] = ()
    failure_code: str = "insufficient_quota"
    unanswered_responses: tuple[int, ...] = ()
    """A `response.create` gets no reaction."""
    stalled_responses: tuple[int, ...] = ()
    """`response.created` is sent, and then nothing until the response is cancelled."""
    expire_after_s: float | None = None
    noise: bool = False
    """Unknown event types (`x.simulator.noise`) are sent between the real events, and unknown keys in them."""
    invalid_tool_calls: int = 0
    """The arguments of this many calls, counted from the first, are not JSON."""
    wrong_outcomes: int = 0
    """This many calls of `record_outcome`, counted from the first, name an outcome that does not exist."""
    speech_with_call: str = ""
    """The words that the model speaks in the same response before each call of `record_outcome`."""
    end_call_beside_outcome: bool = False
    """`end_call` comes in the same response as `record_outcome`."""
    argument_delay_ms: int = 10
    """The pause between two deltas of a call's arguments; with a long one, a customer can cancel a call half-way."""
    withhold_session_updated: bool = False
    grant_format: str | None = None
    """The output format (`audio/pcm`) that `session.updated` grants, whatever the client asked for."""
    refuse_transcription: bool = False
    fail_transcription: bool = False
    transcription_delay_ms: int = 700
    response_latency_ms: int = 300
    """The time from `response.created` to the first output, if `first_audio_s` is null."""
    late_deltas: int = 3
    """The number of audio deltas that are still sent after the customer has interrupted."""
    burst: float = 5.0
    """How many times faster than real time the audio is sent."""
    idle_clock: float = 1.0
    """How many times faster than real time `idle_timeout_ms` runs, for tests."""
    stop_reading_after_s: float | None = None

    def but(self, changes: Json) -> "Faults":
        """Return these faults with some settings changed; `profile` changes all traits that are not named beside it.

        Raises:
            ValueError: A setting is unknown or invalid (pydantic's `ValidationError`).
        """
        named = dict(changes)
        profile = named.pop("profile", None)
        traits = {} if profile is None else OF_PROFILE[Profile(profile)].model_dump(exclude={"seed"})
        return Faults.model_validate({**self.model_dump(), **traits, **named})

    @property
    def counts_responses(self) -> bool:
        """Whether a setting names responses by number, or breaks off at some point: chance must not shift the counting."""
        breaks = (self.drop_after_deltas, self.drop_on_response)
        settings = self.model_dump(exclude={"first_audio_s"}).values()
        return any(one is not None for one in breaks) or any(isinstance(one, tuple) and one for one in settings)


class Rule(BaseModel):
    """Faults for the sessions whose instructions contain `match`; if that is null, for the next sessions.

    `times` is the number of sessions that the rule still applies to; null is all.
    """

    model_config = ConfigDict(extra="forbid")

    faults: Json
    match: str | None = None
    times: int | None = None
    used: int = 0

    def applies(self, instructions: str | None) -> bool:
        """Return whether the rule applies to a session that begins (null) or that has just received these instructions."""
        if self.times is not None and self.used >= self.times:
            return False
        if self.match is None:
            return instructions is None
        return instructions is not None and self.match in instructions


@dataclass(slots=True)
class FaultRules:
    """All rules in order, and the faults of sessions that no rule applies to."""

    usual: Faults = field(default_factory=Faults)
    rules: list[Rule] = field(default_factory=list)
    _chances: Chances = field(default_factory=Chances)

    def at_start(self) -> Faults:
        """Return the faults of a session that begins; this counts as one use of the rule that gave them."""
        return self._first_that_applies(None, self.usual) or self.usual

    def for_instructions(self, instructions: str, current: Faults) -> Faults | None:
        """Return the faults of a session that has just received instructions, or None if no rule applies to them."""
        return self._first_that_applies(instructions, current)

    def chance_of(self, instructions: str, faults: Faults) -> Chance:
        """Return the chance of a session that has just received instructions."""
        return self._chances.of(instructions, seed=faults.seed)

    def add(self, body: Json) -> Rule:
        """Add a rule given as JSON: `{"faults": {…}, "match": "SHP-1" or null, "times": 1 or null}`.

        Raises:
            ValueError: It is not a rule, or it names an unknown fault (pydantic's `ValidationError`).
        """
        rule = Rule.model_validate(body)
        self.usual.but(rule.faults)
        self.rules.append(rule)
        return rule

    def to_json(self) -> Json:
        """Return the rules as JSON for the admin API."""
        return {"usual": self.usual.model_dump(), "rules": [rule.model_dump() for rule in self.rules]}

    def _first_that_applies(self, instructions: str | None, base: Faults) -> Faults | None:
        for rule in self.rules:
            if rule.applies(instructions):
                rule.used += 1
                return base.but(rule.faults)
        return None
