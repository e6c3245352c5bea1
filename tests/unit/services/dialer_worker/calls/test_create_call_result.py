"""What Twilio's refusals mean for an order."""

import pytest

from services.dialer_worker.calls.create_call_result import (
    AccountRefused,
    CallHeld,
    HeldBy,
    NumberRefused,
    RequestRefused,
    Throttled,
    Unclear,
    read_refusal,
)


@pytest.mark.parametrize("code", [13223, 13224, 13225, 13226, 21211, 21214, 21217])
def test_a_number_that_cannot_be_called_is_refused_for_good_with_a_sentence(code: int) -> None:
    answer = read_refusal(400, code, None)
    assert isinstance(answer, NumberRefused)
    assert answer.reason.startswith(f"twilio {code}: ")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, 20003),
        (403, 20003),
        (401, None),
        (403, 20005),
        (402, None),
        (404, 20404),
        (400, 10001),
        (400, 10002),
        (403, 10002),
        (400, 10004),
        (429, 10004),
        (400, 10005),
        (400, 573005),
        (403, 573005),
        (400, 21210),
        (400, 21212),
        (400, 21213),
        (301, None),
    ],
)
def test_a_fault_of_the_account_is_no_fault_of_the_order(status: int, code: int | None) -> None:
    answer = read_refusal(status, code, None)
    assert isinstance(answer, AccountRefused)


@pytest.mark.parametrize(
    ("status", "code", "held_by"),
    [
        (400, 13227, HeldBy.COUNTRY),
        (400, 21215, HeldBy.COUNTRY),
        (403, 21215, HeldBy.COUNTRY),
        (400, 21216, HeldBy.SENDER),
        (400, 21219, HeldBy.SENDER),
        (400, 573002, HeldBy.SENDER),
        (401, 573002, HeldBy.SENDER),
    ],
)
def test_a_switch_of_the_account_holds_the_call_whatever_the_status(status: int, code: int, held_by: HeldBy) -> None:
    answer = read_refusal(status, code, None)
    assert isinstance(answer, CallHeld)
    assert (answer.code, answer.held_by) == (code, held_by)
    assert answer.reason.startswith(f"twilio {code}: ")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_an_error_of_the_server_says_nothing_about_the_call(status: int) -> None:
    assert read_refusal(status, 20500, None) == Unclear(f"http {status}")


def test_too_many_requests_is_recognised_by_status_or_code() -> None:
    assert read_refusal(429, 20429, 2.0) == Throttled(2.0)
    assert read_refusal(400, 20429, None) == Throttled(None)


def test_any_other_refusal_is_about_this_request() -> None:
    assert read_refusal(400, 21205, None) == RequestRefused(21205, "twilio 21205: the request for the call was refused")
    assert isinstance(read_refusal(409, None, None), RequestRefused)
