"""Answering machine detection: which verdict a call gets, in the words of its mode, and when."""

import asyncio
from dataclasses import dataclass

from simulators.customer_script.script import Amd, AmdVerdict, Answer, Machine
from simulators.twilio.call.request import Detection

TYPICAL_S = 4.0
"""With default settings a verdict takes about that long."""
_IN_MODE_ENABLE = {
    AmdVerdict.MACHINE_END_BEEP: AmdVerdict.MACHINE_START,
    AmdVerdict.MACHINE_END_SILENCE: AmdVerdict.MACHINE_START,
    AmdVerdict.MACHINE_END_OTHER: AmdVerdict.MACHINE_START,
}
_IN_MODE_MESSAGE_END = {AmdVerdict.MACHINE_START: AmdVerdict.MACHINE_END_OTHER}


@dataclass(frozen=True, slots=True)
class Plan:
    """The verdict and its time after the answer; None is when the beep has been heard."""

    verdict: AmdVerdict
    after_s: float | None
    after_end: bool


def plan(attempt: Answer | Machine, detection: Detection) -> Plan:
    """What detection will report of who answered.

    `Enable` knows no `machine_end_*`, `DetectMessageEnd` no `machine_start`: a scripted verdict of the other mode is
    put into the mode's own words. Source: Twilio, "Answering Machine Detection".
    """
    words = _IN_MODE_ENABLE if detection.mode == "Enable" else _IN_MODE_MESSAGE_END
    match attempt.amd:
        case Amd(verdict, after_s, after_end):
            return Plan(words.get(verdict, verdict), after_s, after_end)
        case None if detection.mode == "Enable":
            return Plan(AmdVerdict.MACHINE_START, TYPICAL_S, after_end=False)
        case None:
            return Plan(AmdVerdict.MACHINE_END_BEEP, None, after_end=False)


async def due(planned: Plan, beeped: asyncio.Event, *, speed: float) -> None:
    """Wait until the verdict is due; never, if there is none."""
    if planned.verdict is AmdVerdict.NONE:
        await asyncio.get_running_loop().create_future()
    elif planned.after_s is None:
        await beeped.wait()
    else:
        await asyncio.sleep(planned.after_s / speed)
