"""What Twilio's answer to "create a call" means for the order: HTTP status and error code become one of eight results."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Placed:
    """Twilio has created the call."""

    call_sid: str


@dataclass(frozen=True, slots=True)
class NumberRefused:
    """The number can't or mustn't be called, now or later; `reason` is a text for the shop."""

    code: int
    reason: str


class HeldBy(Enum):
    """What of the account a person must change before such a call is possible."""

    COUNTRY = auto()  # the countries that it may call
    SENDER = auto()  # whom it may call from the number that was used


@dataclass(frozen=True, slots=True)
class CallHeld:
    """The account may not place this call as it is set up now, and others."""

    code: int
    reason: str
    held_by: HeldBy


@dataclass(frozen=True, slots=True)
class RequestRefused:
    """Twilio refused this request, and may accept another one."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Throttled:
    """Twilio got too many requests and did not look at this one. `retry_after_s` is its `Retry-After`, None without one."""

    retry_after_s: float | None


@dataclass(frozen=True, slots=True)
class AccountRefused:
    """Twilio would place no call for this account now: a person must correct the settings or the account."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request was not sent: `reason` names the kind of failure."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """The call may exist or not: only its callbacks or Twilio's list of calls can tell."""

    reason: str


CreateCallResult = Placed | NumberRefused | CallHeld | RequestRefused | Throttled | AccountRefused | NotSent | Unclear

TOO_MANY_REQUESTS = 20429

# Source: Twilio's error dictionary (https://www.twilio.com/docs/api/errors), entries 13223 to 13227 and 21211 to 21219.
_NUMBER_REASONS: Mapping[int, str] = {
    13223: "the phone number is not in a form that can be called",
    13224: "the phone number is not valid or is not supported",
    13225: "calls to this phone number are blocked",
    13226: "calls to the country of this phone number are not possible",
    21211: "the phone number is not valid",
    21214: "the phone number can't be reached from the telephone network",
    21217: "the phone number does not look like a valid one",
}

# Source: as above, entries 13227, 21215, 21216, 21219 and 573002.
_NOT_PERMITTED = "the telephone account is not permitted to call the country of this phone number"
_HELD_REASONS: Mapping[int, tuple[HeldBy, str]] = {
    13227: (HeldBy.COUNTRY, _NOT_PERMITTED),
    21215: (HeldBy.COUNTRY, _NOT_PERMITTED),
    21216: (HeldBy.SENDER, "the telephone account is not permitted to call this phone number"),
    21219: (HeldBy.SENDER, "the telephone account is a trial one, which may call only verified numbers"),
    573002: (HeldBy.SENDER, "the telephone account is a trial one, which calls each number only from the one assigned to it"),
}

# Source: as above, entries 10001 to 10005, 20003 to 20008, 20404, 21210 to 21213 and 573005.
_ACCOUNT_REASONS: Mapping[int, str] = {
    10001: "the account is not active",
    10002: "the account is a trial one, which can't do this",
    10004: "the account has as many calls at once as it may have",
    10005: "the account may not place voice calls",
    20003: "the account's sid or token is wrong or is another region's, or its balance is used up",
    20005: "the account is not active",
    20008: "test credentials can't do this",
    20404: "the account, or the address of the API, is not known",
    21210: "a number in TWILIO_FROM_NUMBERS is neither owned nor verified",
    21212: "a number in TWILIO_FROM_NUMBERS is not valid",
    21213: "TWILIO_FROM_NUMBERS names no number",
    573005: "a number of the account was added and is not verified yet",
}
_ACCOUNT_REASONS_BY_STATUS: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "TWILIO_ACCOUNT_SID or TWILIO_AUTH_TOKEN is wrong, or not the one of TWILIO_REGION",
    HTTPStatus.PAYMENT_REQUIRED: "the account's balance is used up",
    HTTPStatus.FORBIDDEN: "the account may not place calls",
    HTTPStatus.NOT_FOUND: "TWILIO_ACCOUNT_SID or TWILIO_API_URL is wrong",
}


def read_refusal(status: int, code: int | None, retry_after_s: float | None) -> CreateCallResult:
    """Return the result of an answer other than 2xx, by HTTP `status`, Twilio's error `code` (None without one) and `Retry-After`.

    The code decides: the same one comes with different statuses. An answer that is not surely a refusal is `Unclear`: Twilio
    warns that repeating the request may place a second call.
    Source: https://www.twilio.com/docs/api/errors/20500.
    """
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return Unclear(f"http {status}")
    known = None if code is None else _of_code(code)
    if known is not None:
        return known
    if status == HTTPStatus.TOO_MANY_REQUESTS or code == TOO_MANY_REQUESTS:
        return Throttled(retry_after_s)
    if status in _ACCOUNT_REASONS_BY_STATUS:
        return AccountRefused(code or status, f"twilio {code or status}: {_ACCOUNT_REASONS_BY_STATUS[status]}")
    if status < HTTPStatus.BAD_REQUEST:
        return AccountRefused(status, f"http {status}: TWILIO_API_URL is not Twilio's API")
    return RequestRefused(code or status, f"twilio {code or status}: the request for the call was refused")


def _of_code(code: int) -> NumberRefused | CallHeld | AccountRefused | None:
    """Return what one of Twilio's codes means, None if it is none of those that decide by themselves."""
    if code in _NUMBER_REASONS:
        return NumberRefused(code, f"twilio {code}: {_NUMBER_REASONS[code]}")
    if code in _HELD_REASONS:
        held_by, reason = _HELD_REASONS[code]
        return CallHeld(code, f"twilio {code}: {reason}", held_by)
    if code in _ACCOUNT_REASONS:
        return AccountRefused(code, f"twilio {code}: {_ACCOUNT_REASONS[code]}")
    return None
