"""Twilio's REST API for calls: create, list, fetch and end them. No request is repeated, and no error names a phone number."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus

import httpx

from services.dialer_worker.calls.create_call_result import CreateCallResult, NotSent, Placed, Unclear, read_refusal
from shared.core.errors import TelephonyError
from shared.twilio.vocabulary import CallStatus, is_over

CONNECT_TIMEOUT_S = 5.0
TOTAL_TIMEOUT_S = 10.0
PAGE_SIZE = 50
_MAX_PAGES = 40
_TOO_LATE = "too_late"
_MAX_CODE_DIGITS = 9
_WRONG_STATE = 21220  # the call has ended, or was never in a state for the change
_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_PROGRESS_EVENTS = ("initiated", "ringing", "answered", "completed")


class Ending(StrEnum):
    """How a call is ended: `canceled` only before it is answered. Source: Twilio, "Update a Call resource"."""

    COMPLETED = CallStatus.COMPLETED.value
    CANCELED = CallStatus.CANCELED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """One call to place.

    `amd_url` None switches machine detection off. `waits_for_beep` has Twilio report a machine only when its greeting has ended.
    """

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
    """A call as Twilio reports it: `status` is Twilio's own word, times are aware UTC."""

    sid: str
    status: str
    from_number: str | None
    created_at: datetime | None
    duration_s: int | None

    @property
    def is_over(self) -> bool:
        """Whether the call has ended, with whatever result."""
        return is_over(self.status)


class _TooLateError(Exception):
    """The connection was ready for the request only after the deadline."""


class TwilioClient:
    """The calls of one account.

    `on_error` is called for every failure, with Twilio's error code, the HTTP status or the exception's name.
    """

    def __init__(self, client: httpx.AsyncClient, *, account_sid: str, on_error: Callable[[str], None]) -> None:
        self._client = client
        self._calls_path = f"/2010-04-01/Accounts/{account_sid}/Calls"
        self._on_error = on_error

    async def create_call(self, request: CallRequest, *, is_in_time: Callable[[], bool]) -> CreateCallResult:
        """Ask Twilio for a call, once.

        `is_in_time` is called now, and again when the connection is open, just before the first byte is sent.
        """
        if not is_in_time():
            return NotSent(_TOO_LATE)
        is_sent = False

        async def check_deadline(event: str, _: Mapping[str, object]) -> None:
            nonlocal is_sent
            if event.endswith(".send_request_headers.started"):
                if not is_in_time():
                    raise _TooLateError
                is_sent = True

        try:
            async with asyncio.timeout(TOTAL_TIMEOUT_S):
                response = await self._client.post(
                    f"{self._calls_path}.json", data=request.form(), extensions={"trace": check_deadline}
                )
        except _TooLateError:
            return NotSent(_TOO_LATE)
        except (httpx.HTTPError, TimeoutError) as error:
            kind = self._report(error)
            return NotSent(kind) if isinstance(error, _NOT_CONNECTED) and not is_sent else Unclear(kind)
        return self._read_created(response)

    async def calls_to(self, number: str, *, since: datetime) -> list[Call]:
        """Return the calls to `number` that were created at or after `since`, in any state, newest first.

        Queued calls have no start time, so the request filters by number alone and this method by the time of creation.

        Raises:
            TelephonyError: Twilio did not return the list, or not all of it.
        """
        found: list[Call] = []
        page = await self._request("GET", f"{self._calls_path}.json", params={"To": number, "PageSize": str(PAGE_SIZE)})
        for _ in range(_MAX_PAGES):
            calls = _calls(page)
            found += [call for call in calls if call.created_at is None or call.created_at >= since]
            next_page = page.get("next_page_uri")
            if not next_page or (calls and calls[-1].created_at is not None and calls[-1].created_at < since):
                return found
            page = await self._request("GET", str(next_page))
        raise TelephonyError("the list of calls does not end")

    async def fetch_call(self, call_sid: str) -> Call | None:
        """Return the call; None if Twilio knows no call with that sid.

        Raises:
            TelephonyError: Twilio could not be reached, or refused the request.
        """
        try:
            return _call(await self._request("GET", f"{self._calls_path}/{call_sid}.json"))
        except _NoSuchCallError:
            return None

    async def end_call(self, call_sid: str, ending: Ending) -> Call | None:
        """End the call and return it; None if it has already ended, can't be ended this way, or is not known to Twilio.

        Raises:
            TelephonyError: Twilio could not be reached, or refused the request.
        """
        try:
            return _call(await self._request("POST", f"{self._calls_path}/{call_sid}.json", data={"Status": ending.value}))
        except _NoSuchCallError:
            return None

    def _read_created(self, response: httpx.Response) -> CreateCallResult:
        body = _body(response)
        if response.is_success:
            sid = body.get("sid")
            return Placed(sid) if isinstance(sid, str) and sid else Unclear(self._report("unreadable_answer"))
        code = _code(body)
        self._report(str(code or response.status_code))
        return read_refusal(response.status_code, code, _retry_after(response))

    async def _request(
        self, method: str, url: str, *, params: Mapping[str, str] | None = None, data: Mapping[str, str] | None = None
    ) -> Mapping[str, object]:
        """Return the JSON object that Twilio answers with."""
        try:
            async with asyncio.timeout(TOTAL_TIMEOUT_S):
                response = await self._client.request(method, url, params=params, data=data)
        except (httpx.HTTPError, TimeoutError) as error:
            raise TelephonyError(f"twilio: {self._report(error)}") from error
        body = _body(response)
        if response.is_success and body:
            return body
        code = _code(body)
        if response.status_code == HTTPStatus.NOT_FOUND or code == _WRONG_STATE:
            raise _NoSuchCallError(f"twilio: {code or response.status_code}")
        raise TelephonyError(f"twilio: {self._report(str(code or response.status_code))}")

    def _report(self, error: Exception | str) -> str:
        """Pass a failure to `on_error` and return its short name."""
        kind = error if isinstance(error, str) else type(error).__name__
        self._on_error(kind)
        return kind


def open_http_client(api_url: str, *, account_sid: str, auth_token: str) -> httpx.AsyncClient:
    """Return an HTTP client for the account. It keeps connections open between requests; the caller closes it."""
    return httpx.AsyncClient(
        base_url=api_url,
        auth=(account_sid, auth_token),
        timeout=httpx.Timeout(TOTAL_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
        follow_redirects=False,
    )


class _NoSuchCallError(TelephonyError):
    """Twilio has no such call, or the call is over."""


def _calls(page: Mapping[str, object]) -> list[Call]:
    """Read one page of the list. An answer that holds no list of calls is no proof that a call does not exist.

    Raises:
        TelephonyError: The answer holds no list of calls.
    """
    items = page.get("calls")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise TelephonyError("twilio: the answer holds no list of calls")
    return [_call(item) for item in items]


def _body(response: httpx.Response) -> Mapping[str, object]:
    """Return the answer's JSON object; an empty one if the answer is anything else."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _code(body: Mapping[str, object]) -> int | None:
    """Return Twilio's error code: a number, by which the answer is judged also if it should come as digits."""
    code = body.get("code")
    if isinstance(code, str) and code.isascii() and code.isdecimal() and len(code) <= _MAX_CODE_DIGITS:
        return int(code)
    return code if isinstance(code, int) else None


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdecimal() else None


def _call(item: Mapping[str, object]) -> Call:
    """Read Twilio's JSON of a call: `sid`, `status`, `from`, `date_created` (RFC 2822) and `duration` (seconds as digits)."""
    from_number, created, duration = item.get("from"), item.get("date_created"), item.get("duration")
    return Call(
        sid=str(item.get("sid", "")),
        status=str(item.get("status", "")),
        from_number=from_number if isinstance(from_number, str) else None,
        created_at=_parse_rfc_2822(created) if isinstance(created, str) else None,
        duration_s=int(duration) if isinstance(duration, str) and duration.isdecimal() else None,
    )


def _parse_rfc_2822(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except ValueError:
        return None
