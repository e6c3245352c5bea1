"""The door to Twilio's REST API: place, find, fetch and end calls. Nothing here repeats a request or names a number."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any

import httpx

from services.dialer_worker.calls.create_call_result import NotSent, Placed, PlacingAnswer, Unclear, refusal
from shared.core.errors import TelephonyError
from shared.twilio.vocabulary import CallStatus, is_over

CONNECT_TIMEOUT_S = 5.0
TOTAL_TIMEOUT_S = 10.0
PAGE_SIZE = 50
_MAX_PAGES = 40
_TOO_LATE = "too_late"
_WRONG_STATE = 21220  # the call has ended, or was never in a state for the change
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_PROGRESS_EVENTS = ("initiated", "ringing", "answered", "completed")


class Ending(StrEnum):
    """How a call is ended: `canceled` only before it is answered. Source: Twilio, "Update a Call resource"."""

    COMPLETED = CallStatus.COMPLETED.value
    CANCELED = CallStatus.CANCELED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """One call to place. `amd_url` None switches machine detection off; `waits_for_beep` asks for a greeting's end."""

    to: str
    from_number: str
    ring_timeout_s: int
    time_limit_s: int
    twiml: str
    status_url: str
    amd_url: str | None
    waits_for_beep: bool

    def form(self) -> dict[str, str | tuple[str, ...]]:
        """Return the request's form fields; a tuple is a repeated field. Source: Twilio, "Create a Call resource"."""
        fields: dict[str, str | tuple[str, ...]] = {
            "To": self.to,
            "From": self.from_number,
            "Timeout": str(self.ring_timeout_s),
            "TimeLimit": str(self.time_limit_s),
            "Twiml": self.twiml,
            "StatusCallback": self.status_url,
            "StatusCallbackEvent": _PROGRESS_EVENTS,
        }
        if self.amd_url is not None:
            fields["MachineDetection"] = "DetectMessageEnd" if self.waits_for_beep else "Enable"
            fields["AsyncAmd"] = "true"
            fields["AsyncAmdStatusCallback"] = self.amd_url
        return fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as Twilio knows it; `status` is Twilio's word, times are aware UTC."""

    sid: str
    status: str
    from_number: str | None
    created_at: datetime | None
    duration_s: int | None

    @property
    def is_over(self) -> bool:
        """Whether the call has come to an end, one way or another."""
        return is_over(self.status)


class _TooLateError(Exception):
    """The request was ready to leave after its time was up."""


class Telephony:
    """Twilio's API for one account. `on_error` hears of every failure: a code, an HTTP status or a kind."""

    def __init__(self, client: httpx.AsyncClient, *, account_sid: str, on_error: Callable[[str], None]) -> None:
        self._client = client
        self._calls = f"/2010-04-01/Accounts/{account_sid}/Calls"
        self._on_error = on_error

    async def place(self, request: CallRequest, *, is_in_time: Callable[[], bool]) -> PlacingAnswer:
        """Ask for a call, once.

        `is_in_time` is asked now, and again when the connection stands and the first byte would leave.
        """
        if not is_in_time():
            return NotSent(_TOO_LATE)
        is_written = False

        async def watch(event: str, _: Mapping[str, Any]) -> None:
            nonlocal is_written
            if event.endswith(".send_request_headers.started"):
                if not is_in_time():
                    raise _TooLateError
                is_written = True

        try:
            async with asyncio.timeout(TOTAL_TIMEOUT_S):
                response = await self._client.post(f"{self._calls}.json", data=request.form(), extensions={"trace": watch})
        except _TooLateError:
            return NotSent(_TOO_LATE)
        except (httpx.HTTPError, TimeoutError) as error:
            kind = self._failed(error)
            return NotSent(kind) if isinstance(error, _NEVER_SENT) and not is_written else Unclear(kind)
        return self._read_placing(response)

    async def calls_to(self, number: str, *, since: datetime) -> list[Call]:
        """Return the calls to `number` created from `since` on, whatever their state, newest first.

        Queued calls have no start time, so the list is asked by number alone and compared here by creation.

        Raises:
            TelephonyError: The list can't be had, or not to its end.
        """
        found: list[Call] = []
        page = await self._ask("GET", f"{self._calls}.json", params={"To": number, "PageSize": str(PAGE_SIZE)})
        for _ in range(_MAX_PAGES):
            calls = _calls(page)
            found += [call for call in calls if call.created_at is None or call.created_at >= since]
            following = page.get("next_page_uri")
            if not following or (calls and calls[-1].created_at is not None and calls[-1].created_at < since):
                return found
            page = await self._ask("GET", str(following))
        raise TelephonyError("the list of calls does not end")

    async def fetch(self, call_sid: str) -> Call | None:
        """Return the call, None where Twilio knows none of that sid.

        Raises:
            TelephonyError: Twilio could not be asked.
        """
        try:
            return _call(await self._ask("GET", f"{self._calls}/{call_sid}.json"))
        except _NoSuchCallError:
            return None

    async def end(self, call_sid: str, ending: Ending) -> Call | None:
        """End the call; None where it has ended already, can't be ended this way, or is not known.

        Raises:
            TelephonyError: Twilio could not be asked.
        """
        try:
            return _call(await self._ask("POST", f"{self._calls}/{call_sid}.json", data={"Status": ending.value}))
        except _NoSuchCallError:
            return None

    def _read_placing(self, response: httpx.Response) -> PlacingAnswer:
        body = _body(response)
        if response.is_success:
            sid = body.get("sid")
            return Placed(sid) if isinstance(sid, str) and sid else Unclear(self._failed("unreadable_answer"))
        code = _code(body)
        self._failed(str(code or response.status_code))
        return refusal(response.status_code, code, _retry_after(response))

    async def _ask(self, method: str, url: str, **words: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx's own arguments
        try:
            async with asyncio.timeout(TOTAL_TIMEOUT_S):
                response = await self._client.request(method, url, **words)
        except (httpx.HTTPError, TimeoutError) as error:
            raise TelephonyError(f"twilio: {self._failed(error)}") from error
        body = _body(response)
        if response.is_success and body:
            return body
        code = _code(body)
        if response.status_code == HTTPStatus.NOT_FOUND or code == _WRONG_STATE:
            raise _NoSuchCallError(f"twilio: {code or response.status_code}")
        raise TelephonyError(f"twilio: {self._failed(str(code or response.status_code))}")

    def _failed(self, error: Exception | str) -> str:
        kind = error if isinstance(error, str) else type(error).__name__
        self._on_error(kind)
        return kind


def open_client(api_url: str, *, account_sid: str, auth_token: str) -> httpx.AsyncClient:
    """Return an HTTP client for the account that keeps connections between requests; the caller closes it."""
    return httpx.AsyncClient(
        base_url=api_url,
        auth=(account_sid, auth_token),
        timeout=httpx.Timeout(TOTAL_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
        follow_redirects=False,
    )


class _NoSuchCallError(TelephonyError):
    """Twilio has no such call, or it is over."""


def _calls(page: Mapping[str, Any]) -> list[Call]:
    """Read a page of the list; an answer without a list proves nothing about any call.

    Raises:
        TelephonyError: It holds no list.
    """
    items = page.get("calls")
    if not isinstance(items, list):
        raise TelephonyError("twilio: the answer holds no list of calls")
    return [_call(item) for item in items]


def _body(response: httpx.Response) -> dict[str, Any]:
    """Return the answer's JSON object; an empty one for anything else."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _code(body: Mapping[str, Any]) -> int | None:
    code = body.get("code")
    return code if isinstance(code, int) else None


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdecimal() else None


def _call(item: Mapping[str, Any]) -> Call:
    created, duration = item.get("date_created"), item.get("duration")
    return Call(
        sid=str(item.get("sid", "")),
        status=str(item.get("status", "")),
        from_number=item.get("from"),
        created_at=_moment(created) if isinstance(created, str) else None,
        duration_s=int(duration) if isinstance(duration, str) and duration.isdecimal() else None,
    )


def _moment(text: str) -> datetime | None:
    """Read RFC 2822, the form of Twilio's times."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except ValueError:
        return None
