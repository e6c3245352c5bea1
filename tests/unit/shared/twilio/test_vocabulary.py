"""What Twilio's words for a call mean."""

import pytest

from shared.core.outcome import AttemptResult
from shared.twilio.vocabulary import CallStatus, is_over, is_unanswered, line_result_of


@pytest.mark.parametrize("status", CallStatus)
def test_a_call_is_on_its_way_or_answered_or_over(status: CallStatus) -> None:
    assert [is_unanswered(status), status is CallStatus.IN_PROGRESS, is_over(status)].count(True) == 1


@pytest.mark.parametrize(
    ("status", "result"),
    [
        ("completed", None),
        ("busy", AttemptResult.BUSY),
        ("no-answer", AttemptResult.NO_ANSWER),
        ("failed", AttemptResult.FAILED),
        ("canceled", AttemptResult.FAILED),
    ],
)
def test_the_line_says_why_a_call_was_not_answered(status: str, result: AttemptResult | None) -> None:
    assert is_over(status)
    assert line_result_of(status) is result


def test_a_new_word_of_twilios_says_nothing() -> None:
    assert (is_over("teleported"), is_unanswered("teleported"), line_result_of("teleported")) == (False, False, None)
