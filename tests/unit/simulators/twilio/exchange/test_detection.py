"""Machine detection: each mode has words of its own."""

import pytest

from simulators.customer_script.script import Amd, Answer, Machine, Verdict
from simulators.twilio.exchange.detection import Plan, plan
from simulators.twilio.rest.parameters import Detection


@pytest.mark.parametrize(
    ("attempt", "mode", "verdict", "after_s"),
    [
        (Answer(), "Enable", Verdict.HUMAN, 4.0),
        (Answer(), "DetectMessageEnd", Verdict.HUMAN, 4.0),
        (Machine(), "Enable", Verdict.MACHINE_START, 4.0),
        (Machine(), "DetectMessageEnd", Verdict.MACHINE_END_BEEP, None),
        (Machine(amd=Amd(Verdict.MACHINE_END_SILENCE, 2)), "Enable", Verdict.MACHINE_START, 2),
        (Machine(amd=Amd(Verdict.MACHINE_START, 2)), "DetectMessageEnd", Verdict.MACHINE_END_OTHER, 2),
        (Answer(amd=Amd(Verdict.FAX, 1)), "Enable", Verdict.FAX, 1),
    ],
)
def test_the_verdict_is_in_the_words_of_its_mode(
    attempt: Answer | Machine, mode: str, verdict: Verdict, after_s: float | None
) -> None:
    assert plan(attempt, Detection(mode, is_async=True, callback=None)) == Plan(verdict, after_s, after_end=False)
