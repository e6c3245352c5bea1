"""When a person takes the agent to have finished: after a filler, some wait for more."""

import pytest

from simulators.customer_script.script import WaitUntilAgentDone
from simulators.twilio.exchange.callee import has_finished

STEP = WaitUntilAgentDone(quiet_ms=600, heard_ms=300)


@pytest.mark.parametrize(
    ("heard_ms", "quiet_ms", "hasty", "patient"),
    [
        (5000, 600, True, True),
        (5000, 580, False, False),
        (1500, 600, True, False),
        (1500, 3000, True, True),
        (200, 9000, False, False),
    ],
)
def test_a_short_word_is_followed_by_a_longer_wait_of_those_who_know_fillers(
    heard_ms: float, quiet_ms: float, *, hasty: bool, patient: bool
) -> None:
    assert has_finished(STEP, heard_ms=heard_ms, quiet_ms=quiet_ms, waits_after_filler=False) is hasty
    assert has_finished(STEP, heard_ms=heard_ms, quiet_ms=quiet_ms, waits_after_filler=True) is patient


def test_a_longer_silence_that_the_script_asks_for_is_waited_for() -> None:
    step = WaitUntilAgentDone(quiet_ms=5000)

    assert not has_finished(step, heard_ms=1000, quiet_ms=4000, waits_after_filler=True)
