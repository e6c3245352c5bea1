"""What is found in one call of the field, from the ledgers of both simulators and the shop's view."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from shared import languages
from tests.field.people import Kind
from tests.support.scenarios.invariants import violations
from tests.support.scenarios.result import CallResult, ScenarioResult

LONGEST_CALL_S = 165.0
"""The limit at which the conversation takes its leave (`call_s` of shared/core/conversation/call_plan.py)."""
_OUR_ENDS = frozenset({"twiml_hangup", "twiml_end", "hung_up_by_rest", "time_limit"})
_DECIDED = frozenset({"confirmed", "cancelled", "change_requested", "wrong_number", "opted_out"})
_NUMBER = re.compile(r"\d+(\.\d+)?")
_QUOTED = re.compile(r"'[^']*'")


@dataclass(frozen=True, slots=True)
class Found:
    """The findings of one call. `silence_s` is the longest time without our sound or the customer's, from `silence_at_s` on."""

    kind: Kind
    order_id: str
    outcome: str | None
    reason: str | None = None
    lasted_s: float = 0.0
    silence_s: float = 0.0
    silence_at_s: float = 0.0
    is_on_keypad: bool = False
    cut_goodbye_ms: float = 0.0
    first_audio_s: tuple[float, ...] = ()
    traits: tuple[str, ...] = ()
    violations: tuple[str, ...] = field(default=())
    is_void: bool = False
    """Whether the machine was too late with the audio for this call to prove anything."""

    @property
    def is_false(self) -> bool:
        """Whether something was decided that the customer did not mean."""
        return self.outcome in _DECIDED and self.outcome != self.kind.means

    @property
    def is_lost(self) -> bool:
        """Whether the customer meant a decision, and none was recorded."""
        return self.kind.means in _DECIDED and self.outcome not in _DECIDED

    @property
    def ran_out_of_time(self) -> bool:
        """Whether the longest call's limit ended it."""
        return self.lasted_s >= LONGEST_CALL_S


def found(kind: Kind, result: ScenarioResult) -> Found:
    """Return the findings of a played call."""
    answered = [line for line in result.lines if line.is_answered]
    if not answered:
        return Found(kind, result.scenario.order_id, result.view["outcome"], is_void=result.is_void)
    line = answered[-1]
    silence_s, silence_at_s = _longest_silence(line)
    keypad = languages.load(result.scenario.language).stored["keypad"]
    responses = [response for session in line.sessions for response in session["responses"]]
    cut_ms = line.call["cut_ms"] if line.call["end_reason"] in _OUR_ENDS else 0.0
    return Found(
        kind,
        result.scenario.order_id,
        result.view["outcome"],
        reason=(line.attempt or {}).get("reason"),
        lasted_s=_lasted_s(line),
        silence_s=silence_s,
        silence_at_s=silence_at_s,
        is_on_keypad=any(keypad.startswith(text) for text in result.said("agent") if text),
        cut_goodbye_ms=cut_ms,
        first_audio_s=tuple((one["first_delta_ms"] - one["created_ms"]) / 1000 for one in responses if one["first_delta_ms"]),
        traits=tuple(trait for response in responses for trait in response["traits"]),
        violations=tuple(sorted({_kind_of(fault) for fault in violations(result)})),
        is_void=result.is_void,
    )


def lost_in_play(kind: Kind, order_id: str) -> Found:
    """Return the findings of a call that did not end in time."""
    return Found(kind, order_id, None, reason="did not end", violations=("did not end",))


def _lasted_s(line: CallResult) -> float:
    return (float(line.call["ended_ms"]) - float(line.call["answered_ms"])) / 1000


def _longest_silence(line: CallResult) -> tuple[float, float]:
    """Return the longest time in which nobody is heard, and when it began, in seconds; from the answer to the stream's end."""
    begin = float(line.call["answered_ms"])
    end = float(line.stream["ended_ms"] if line.stream is not None else line.call["ended_ms"])
    gaps = list(_gaps(line, begin, end))
    longest, since = max(gaps, default=(0.0, begin))
    return longest / 1000, (since - begin) / 1000


def _gaps(line: CallResult, begin: float, end: float) -> Iterator[tuple[float, float]]:
    cursor = begin
    for sound in line.sounds:
        if sound.from_ms >= end:
            break
        yield sound.from_ms - cursor, cursor
        cursor = max(cursor, sound.to_ms)
    yield end - cursor, cursor


def _kind_of(fault: str) -> str:
    """Return the fault without its numbers and words, so that the same faults of other calls can be counted with it."""
    return _NUMBER.sub("…", _QUOTED.sub("…", fault.partition(": ")[2] if fault.startswith("call ") else fault))
