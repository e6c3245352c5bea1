"""Twilio's REST API as we ask it: what goes out, and what the answers mean."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import httpx
import pytest

from services.dialer_worker.calls.create_call_result import AccountRefused, NotSent, NumberRefused, Placed, Throttled, Unclear
from services.dialer_worker.calls.twilio_client import Call, CallRequest, Ending, TwilioClient
from shared.core.errors import TelephonyError
from tests.support.call_request import REQUEST

SID = "AC" + "0" * 32
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
Answer = Callable[[httpx.Request], httpx.Response]


class Line:
    """A client over `answer`, with the errors it reported."""

    def __init__(self, answer: Answer) -> None:
        self.errors: list[str] = []
        client = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="https://api.twilio.com", auth=(SID, "token"))
        self.twilio_client = TwilioClient(client, account_sid=SID, on_error=self.errors.append)

    async def place(self, request: CallRequest = REQUEST) -> object:
        return await self.twilio_client.create_call(request, is_in_time=lambda: True)


def saying(status: int, body: object = None, **headers: str) -> Answer:
    return lambda _: httpx.Response(status, json=body, headers=headers)


def failing(error: httpx.HTTPError) -> Answer:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    return fail


def a_call(number: int, created: datetime, status: str = "queued", **more: str | None) -> dict[str, str | None]:
    return {
        "sid": f"CA{number}",
        "status": status,
        "from": "+38344000001",
        "date_created": created.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        "duration": None,
        **more,
    }


async def test_the_request_holds_all_that_the_contract_names() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, json={"sid": "CA1"})

    assert await Line(answer).place() == Placed("CA1")
    assert seen[0].url.path == f"/2010-04-01/Accounts/{SID}/Calls.json"
    assert parse_qs(seen[0].content.decode()) == {
        "To": ["+38344123456"],
        "From": ["+38344000001"],
        "Timeout": ["25"],
        "TimeLimit": ["180"],
        "Twiml": ["<Response/>"],
        "StatusCallback": [REQUEST.status_url],
        "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
        "MachineDetection": ["Enable"],
        "AsyncAmd": ["true"],
        "AsyncAmdStatusCallback": [REQUEST.amd_url],
    }


async def test_machine_detection_can_be_off_or_wait_for_the_beep() -> None:
    off = replace(REQUEST, amd_url=None)
    beep = replace(REQUEST, waits_for_beep=True)
    assert "MachineDetection" not in off.form()
    assert "AsyncAmd" not in off.form()
    assert beep.form()["MachineDetection"] == "DetectMessageEnd"


@pytest.mark.parametrize("error", [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.PoolTimeout("x")])
async def test_a_connection_that_never_stood_sent_nothing(error: httpx.HTTPError) -> None:
    line = Line(failing(error))
    assert await line.place() == NotSent(type(error).__name__)
    assert line.errors == [type(error).__name__]


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout("x"), httpx.ReadError("x"), httpx.WriteError("x"), httpx.RemoteProtocolError("x")]
)
async def test_a_failure_after_the_request_left_is_unclear(error: httpx.HTTPError) -> None:
    assert await Line(failing(error)).place() == Unclear(type(error).__name__)


async def test_a_success_without_a_sid_is_unclear() -> None:
    assert await Line(saying(201, {})).place() == Unclear("unreadable_answer")
    assert await Line(lambda _: httpx.Response(200, text="<html>")).place() == Unclear("unreadable_answer")


async def test_refusals_are_read_with_code_and_retry_after() -> None:
    line = Line(saying(400, {"code": 21211, "message": "The phone number +38344123456 is not valid"}))
    answer = await line.place()
    assert isinstance(answer, NumberRefused)
    assert "+383" not in answer.reason
    assert line.errors == ["21211"]
    assert await Line(saying(429, {"code": 20429}, **{"Retry-After": "3"})).place() == Throttled(3.0)
    assert isinstance(await Line(saying(401, {"code": 20003})).place(), AccountRefused)


async def test_the_list_is_asked_by_number_alone_and_read_page_by_page() -> None:
    pages = [
        {"calls": [a_call(3, NOON), a_call(2, NOON - timedelta(seconds=30))], "next_page_uri": "/p?Page=1&PageToken=x"},
        {"calls": [a_call(1, NOON - timedelta(hours=2))], "next_page_uri": "/p?Page=2"},
    ]
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.url.path}?{request.url.query.decode()}")
        return httpx.Response(200, json=pages[len(asked) - 1])

    found = await Line(answer).twilio_client.calls_to("+38344123456", since=NOON - timedelta(seconds=60))
    assert [call.sid for call in found] == ["CA3", "CA2"]
    assert asked == [f"/2010-04-01/Accounts/{SID}/Calls.json?To=%2B38344123456&PageSize=50", "/p?Page=1&PageToken=x"]


@pytest.mark.parametrize("answer", [{"hello": "there"}, {"calls": "none"}, {"calls": ["CA1"]}])
async def test_an_answer_without_a_list_of_calls_proves_nothing(answer: object) -> None:
    with pytest.raises(TelephonyError):
        await Line(saying(200, answer)).twilio_client.calls_to("+38344123456", since=NOON)


@pytest.mark.parametrize("status", [401, 404, 429, 500])
async def test_a_list_that_cannot_be_had_proves_nothing(status: int) -> None:
    with pytest.raises(TelephonyError):
        await Line(saying(status, {"code": 20404})).twilio_client.calls_to("+38344123456", since=NOON)


async def test_a_call_is_read_with_its_end() -> None:
    line = Line(saying(200, a_call(1, NOON, "completed", duration="42")))
    assert await line.twilio_client.fetch_call("CA1") == Call(
        sid="CA1", status="completed", from_number="+38344000001", created_at=NOON, duration_s=42
    )


async def test_a_call_that_twilio_does_not_know_is_none() -> None:
    assert await Line(saying(404, {"code": 20404})).twilio_client.fetch_call("CA1") is None


@pytest.mark.parametrize(("status", "code"), [(400, 21220), (404, 20404)])
async def test_ending_a_call_that_has_ended_is_no_error(status: int, code: int) -> None:
    line = Line(saying(status, {"code": code}))
    assert await line.twilio_client.end_call("CA1", Ending.COMPLETED) is None
    assert line.errors == []


async def test_ending_a_call_asks_for_the_status() -> None:
    line = Line(lambda request: httpx.Response(200, json=a_call(1, NOON, parse_qs(request.content.decode())["Status"][0])))
    ended = await line.twilio_client.end_call("CA1", Ending.CANCELED)
    assert ended is not None
    assert (ended.status, ended.is_over) == ("canceled", True)


async def test_errors_name_codes_and_never_what_twilio_wrote() -> None:
    line = Line(saying(500, {"code": 20500, "message": "call to +38344123456 failed"}))
    with pytest.raises(TelephonyError, match=r"^twilio: 20500$"):
        await line.twilio_client.fetch_call("CA1")
    assert json.dumps(line.errors) == '["20500"]'
