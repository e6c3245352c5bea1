"""Draws what a response will be like before it begins: when it starts to speak, and which of the session's traits it shows."""

import math
from dataclasses import dataclass
from typing import Literal

from simulators.openai_realtime.chance import Chance
from simulators.openai_realtime.faults import Faults
from simulators.openai_realtime.traits import Often

Ending = Literal["no_output", "text_only", "content_filter", "max_output_tokens", "rate_limited", "session_error"]

_ENDINGS: tuple[Ending, ...] = ("session_error", "rate_limited", "content_filter", "max_output_tokens", "no_output", "text_only")
_SPREAD = 0.35
"""Of the logarithm of the first audio's delay: one in a thousand is three times the median, as measured."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The traits of one response. `ending` says how it goes wrong; None: it speaks and calls what the dialogue asks for."""

    first_output_s: float
    ending: Ending | None = None
    preamble: bool = False
    two_items: bool = False
    silent_audio: bool = False
    lost_done: bool = False
    other_words: bool = False


def plan(faults: Faults, chance: Chance, *, number: int, after_tool: bool) -> Plan:
    """Return the plan of response `number` of a session; `after_tool` says that it follows the answer to a tool call.

    In a session whose faults name responses by number, chance brings no ending: it would shift the numbers.
    """

    def shows(trait: str, often: Often) -> bool:
        return chance.happens(trait, often, number)

    def ends(trait: Ending) -> bool:
        often: Often = getattr(faults, trait)
        is_by_chance = isinstance(often, float) and often < 1
        return not (is_by_chance and faults.counts_responses) and shows(trait, often)

    return Plan(
        first_output_s=_first_output_s(faults, chance, number=number, after_tool=after_tool),
        ending=next((trait for trait in _ENDINGS if ends(trait)), None),
        preamble=shows("preamble", faults.preamble),
        two_items=shows("two_items", faults.two_items),
        silent_audio=shows("silent_audio", faults.silent_audio),
        lost_done=shows("lost_done", faults.lost_done),
        other_words=shows("other_words", faults.other_words),
    )


def _first_output_s(faults: Faults, chance: Chance, *, number: int, after_tool: bool) -> float:
    wanted = faults.first_audio_s
    if wanted is None:
        return faults.response_latency_ms / 1000
    factor = faults.after_tool_factor if after_tool else 1.0
    if not isinstance(wanted, tuple):
        return wanted * factor
    shortest, median, longest = wanted
    drawn = chance.generator("first_audio_s", number).lognormvariate(math.log(median), _SPREAD)
    return min(max(drawn * factor, shortest), longest)
