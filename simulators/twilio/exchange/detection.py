"""Answering machine detection: the verdict of a call, in the words of the detection mode, and its time."""

import asyncio
from dataclasses import dataclass

from simulators.customer_script.script import Amd, AmdVerdict, Answer, Machine
from simulators.twilio.call.request import Detection

TYPICAL_S = 4.0
"""The seconds that a verdict takes, about, with Twilio's default settings."""
_IN_MODE_ENABLE = {
    AmdVerdict.MACHINE_END_BEEP: AmdVerdict.MACHINE_START,
    AmdVerdict.MACHINE_END_SILENCE: AmdVerdict.MACHINE_START,
    AmdVerdict.MACHINE_END_OTHER: AmdVerdict.MACHINE_START,
}
_IN_MODE_MESSAGE_END = {AmdVerdict.MACHINE_START: AmdVerdict.MACHINE_END_OTHER}


@dataclass(frozen=True, slots=True)
class Plan:
    """The verdict and its time after the answer; None means at the end of the beep."""

    verdict: AmdVerdict
    after_s: float | None
    after_end: bool


def plan(attempt: Answer | Machine, detection: Detection) -> Plan:
    """Return what detection will report about the party that answered.

    `Enable` has no `machine_end_*`, `DetectMessageEnd` no `machine_start`: a scripted verdict of the other mode is
    converted to the corresponding one of this mode. Source: Twilio, "Answering Machine Detection".
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
    """Wait until the verdict is due; without a verdict, wait until cancelled."""
    if planned.verdict is AmdVerdict.NONE:
        await asyncio.get_running_loop().create_future()
    elif planned.after_s is None:
        await beeped.wait()
    else:
        await asyncio.sleep(planned.after_s / speed)
