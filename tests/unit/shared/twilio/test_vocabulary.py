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


@pytest.mark.parametrize("sip_code", ["603", "607", "608"])
@pytest.mark.parametrize("status", ["busy", "no-answer", "failed"])
def test_a_rejected_call_is_declined_whatever_twilio_calls_its_end(status: str, sip_code: str) -> None:
    assert line_result_of(status, sip_code) is AttemptResult.DECLINED


def test_a_call_that_we_cancelled_or_that_was_answered_is_not_declined() -> None:
    assert line_result_of("canceled", "603") is AttemptResult.FAILED
    assert line_result_of("completed", "603") is None
    assert line_result_of("busy", "486") is AttemptResult.BUSY


def test_a_new_word_of_twilios_says_nothing() -> None:
    assert (is_over("teleported"), is_unanswered("teleported"), line_result_of("teleported")) == (False, False, None)
