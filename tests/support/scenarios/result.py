"""The result of a played scenario: the shop's view, both simulators' ledgers, transcript and events."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulators.lateness import late_ms, slack_ms
from tests.support.scenarios.scenario import Json, Scenario

_BUSY_MS = 120.0
_DIED = 1006  # the close code of a socket whose process has died
_ONSET_MS = 500.0  # speech this short before a turn's start belongs to it: the audio was on its way


@dataclass(frozen=True, slots=True)
class Sound:
    """An audible interval, or a key, in monotonic milliseconds of the machine. `is_agent` says whether the agent made it."""

    from_ms: float
    to_ms: float
    is_agent: bool


@dataclass(frozen=True, slots=True)
class CallResult:
    """One call of the Twilio simulator's ledger, with its attempt and its sessions with the model."""

    call: Json
    attempt: Json | None
    sessions: Sequence[Json] = field(default_factory=tuple)

    @property
    def stream(self) -> Json | None:
        """The media stream, if one connected."""
        found: list[Json] = [stream for stream in self.call["streams"] if stream["started_ms"] is not None]
        return found[0] if found else None

    @property
    def is_answered(self) -> bool:
        """Whether a person or a machine answered."""
        return self.call["answered_ms"] is not None

    @property
    def has_lost_its_bridge(self) -> bool:
        """Whether the bridge died during the call, or never had it."""
        return self.stream is None or self.stream["close_code"] == _DIED

    @property
    def late_ms(self) -> float:
        """The machine's worst lateness with the simulators' own audio: no measurement can be more exact."""
        return late_ms(self.call, self.sessions)

    @property
    def slack_ms(self) -> float:
        """The tolerance that is added to every limit in milliseconds."""
        return slack_ms(self.call, self.sessions)

    @property
    def responses(self) -> list[Json]:
        """The model's responses that sent sound, in order."""
        every = [response for session in self.sessions for response in session["responses"]]
        found = [response for response in every if response["deltas"] and "silent_audio" not in response["traits"]]
        return sorted(found, key=lambda one: float(one["first_delta_ms"]))

    @property
    def turns(self) -> list[Json]:
        """The customer's turns as the sessions recognized them."""
        return [turn for session in self.sessions for turn in session["turns"]]

    @property
    def spoken_turns(self) -> list[Json]:
        """Those turns in which the customer really spoke; the others are noise, or the echo of the agent's own voice."""
        spoken = [(since, until) for since, until in self.call["spoken"]]
        ends = [(turn, turn["stopped_at_ms"] or turn["started_at_ms"]) for turn in self.turns]
        return [
            turn
            for turn, end in ends
            if any(since <= end and until >= turn["started_at_ms"] - _ONSET_MS for since, until in spoken)
        ]

    @property
    def sounds(self) -> list[Sound]:
        """Everything audible on the line, in order, keys included."""
        found = [Sound(since, until, is_agent=True) for since, until in self.call["heard"]]
        found += [Sound(since, until, is_agent=False) for since, until in self.call["spoken"]]
        found += [Sound(key["at_ms"], key["at_ms"], is_agent=False) for key in self.call["keys"]]
        return sorted(found, key=lambda one: one.from_ms)

    def times(self, what: str) -> list[float]:
        """Return the times of these entries in the call's timeline."""
        return [float(entry["at_ms"]) for entry in self.call["timeline"] if entry["what"] == what]


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """All data about a played scenario; `lines` are the calls in order."""

    scenario: Scenario
    view: Json
    calls: Sequence[Json]
    sessions: Sequence[Json]
    turns: Sequence[Json]
    events: Sequence[Json]
    is_opted_out: bool
    withdrawal_status: int | None
    other_view: Json | None = None
    other_turns: Sequence[Json] = ()
    """The view of the customer's other order."""

    @property
    def lines(self) -> list[CallResult]:
        """Each call with its attempt (by Twilio's id) and its sessions (by time)."""
        attempts = {attempt["call_sid"]: attempt for attempt in self.view["attempts"]}
        return [CallResult(call, attempts.get(call["sid"]), self._sessions_of(call)) for call in self.calls]

    @property
    def last(self) -> CallResult:
        """The last call."""
        return self.lines[-1]

    @property
    def is_void(self) -> bool:
        """Whether the machine was too busy to play it in time, so that watchdogs may have acted when they should not."""
        return max((line.late_ms for line in self.lines), default=0.0) > _BUSY_MS

    def meant(self, said: Sequence[str]) -> list[str]:
        """Return the agent's turns with the words that the model was asked to say, from which those it said may differ a little.

        The items of one response are one turn.
        """
        return list(self._meant(list(said)))

    def _meant(self, left: list[str]) -> Iterator[str]:
        spoken = [response for line in self.lines for response in line.responses]
        while left:
            heads = [[item["said"] for item in response["items"]] for response in spoken]
            match = next((at for at, words in enumerate(heads) if words and left[: len(words)] == words), None)
            if match is None:
                yield left.pop(0)
            else:
                del left[: len(heads[match])]
                yield str(spoken[match]["meant"])

    def said(self, speaker: str) -> list[str]:
        """Return the words of `agent` or `customer` in the transcript, in order."""
        return _words(self.turns, speaker)

    def said_of_other(self, speaker: str) -> list[str]:
        """Return the same from the other order's transcript."""
        return _words(self.other_turns, speaker)

    def _sessions_of(self, call: Json) -> list[Json]:
        answered, ended = call["answered_ms"], call["ended_ms"]
        if answered is None:
            return []
        return [one for one in self.sessions if answered <= _told_ms(one) <= (math.inf if ended is None else ended)]


def _words(turns: Sequence[Json], speaker: str) -> list[str]:
    return [str(turn["text"]) for turn in turns if turn["speaker"] == speaker]


def _told_ms(session: Json) -> float:
    """Return when the session got its order: with the update that carried instructions, which is its second."""
    updates: list[Any] = [event["ms"] for event in session["events"] if event["type"] == "session.update"]
    return float(updates[min(1, len(updates) - 1)]) if updates else float(session["opened_ms"])
