"""What a status callback's form says, as a fact."""

import pytest

from services.webhook.twilio.callbacks import progress
from shared.core.lifecycle.facts import CallAnswered, CallEnded, CallPlaced
from shared.core.outcome import AttemptResult
from tests.support.orders import NOON


def _fact(**form: str) -> object:
    make_fact = progress({"CallSid": "CA1", **form}, "att_1")
    return None if make_fact is None else make_fact(NOON)


@pytest.mark.parametrize("status", ["queued", "initiated", "ringing"])
def test_a_call_on_its_way_is_placed(status: str) -> None:
    assert _fact(CallStatus=status) == CallPlaced(NOON, "att_1", "CA1")


def test_a_call_in_progress_is_answered() -> None:
    assert _fact(CallStatus="in-progress") == CallAnswered(NOON, "att_1", "CA1")


def test_a_completed_call_has_no_result_of_the_line() -> None:
    ended = _fact(CallStatus="completed", CallDuration="31", SipResponseCode="200")
    assert ended == CallEnded(NOON, "att_1", line_result=None, call_sid="CA1", duration_s=31, reason=None)


@pytest.mark.parametrize(
    ("status", "extra", "result", "reason"),
    [
        ("busy", {"SipResponseCode": "486"}, AttemptResult.BUSY, "busy, SIP 486"),
        ("no-answer", {"SipResponseCode": "487"}, AttemptResult.NO_ANSWER, "no-answer, SIP 487"),
        ("failed", {"SipResponseCode": "404", "ErrorCode": "32009"}, AttemptResult.FAILED, "failed, SIP 404, Twilio 32009"),
        ("failed", {"SipResponseCode": "drop table"}, AttemptResult.FAILED, "failed"),
        ("busy", {"SipResponseCode": "603"}, AttemptResult.DECLINED, "busy, SIP 603"),
        ("failed", {"SipResponseCode": "607"}, AttemptResult.DECLINED, "failed, SIP 607"),
        ("no-answer", {"SipResponseCode": "608"}, AttemptResult.DECLINED, "no-answer, SIP 608"),
        ("canceled", {}, AttemptResult.FAILED, "canceled"),
    ],
)
def test_an_unanswered_call_ends_with_the_lines_own_words(
    status: str, extra: dict[str, str], result: AttemptResult, reason: str
) -> None:
    ended = _fact(CallStatus=status, CallDuration="", **extra)
    assert ended == CallEnded(NOON, "att_1", line_result=result, call_sid="CA1", duration_s=None, reason=reason)


@pytest.mark.parametrize("form", [{}, {"CallStatus": "teleported"}, {"CallStatus": "completed", "CallSid": ""}])
def test_what_says_nothing_that_we_know_is_no_fact(form: dict[str, str]) -> None:
    assert _fact(**form) is None


@pytest.mark.parametrize("duration", ["-1", "1.5", "٣", "99999999", "soon"])
def test_a_strange_duration_is_left_out(duration: str) -> None:
    ended = _fact(CallStatus="completed", CallDuration=duration)
    assert isinstance(ended, CallEnded)
    assert ended.duration_s is None
