"""Machine detection: each mode has words of its own."""

import pytest

from simulators.customer_script.script import Amd, AmdVerdict, Answer, Machine
from simulators.twilio.call.request import Detection
from simulators.twilio.exchange.detection import Plan, plan


@pytest.mark.parametrize(
    ("attempt", "mode", "verdict", "after_s"),
    [
        (Answer(), "Enable", AmdVerdict.HUMAN, 4.0),
        (Answer(), "DetectMessageEnd", AmdVerdict.HUMAN, 4.0),
        (Machine(), "Enable", AmdVerdict.MACHINE_START, 4.0),
        (Machine(), "DetectMessageEnd", AmdVerdict.MACHINE_END_BEEP, None),
        (Machine(amd=Amd(AmdVerdict.MACHINE_END_SILENCE, 2)), "Enable", AmdVerdict.MACHINE_START, 2),
        (Machine(amd=Amd(AmdVerdict.MACHINE_START, 2)), "DetectMessageEnd", AmdVerdict.MACHINE_END_OTHER, 2),
        (Answer(amd=Amd(AmdVerdict.FAX, 1)), "Enable", AmdVerdict.FAX, 1),
    ],
)
def test_the_verdict_is_in_the_words_of_its_mode(
    attempt: Answer | Machine, mode: str, verdict: AmdVerdict, after_s: float | None
) -> None:
    assert plan(attempt, Detection(mode, is_async=True, callback=None)) == Plan(verdict, after_s, after_end=False)
