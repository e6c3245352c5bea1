"""Reads the form of a REST request and checks it as Twilio does: returns the create or update, or raises Twilio's error."""

import re
from collections.abc import Mapping
from typing import TypeAlias
from urllib.parse import urlsplit

from simulators.twilio.call.request import CallRequest, CallUpdate, Detection, Script, Webhook
from simulators.twilio.errors import RestError
from simulators.twilio.options import Options

Form: TypeAlias = Mapping[str, list[str]]
"""Each parameter with all its values, because `StatusCallbackEvent` is repeated."""

EVENTS = ("initiated", "ringing", "answered", "completed")
MAX_TWIML = 4000
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SEND_DIGITS = re.compile(r"[0-9*#wW]{1,32}")
_TO_ERRORS = {"+15005550001": 21217, "+15005550002": 21214, "+15005550003": 21215, "+15005550004": 21216}
"""The magic numbers of Twilio's test credentials, which every simulated account accepts."""
_AMD_RANGES = {
    "MachineDetectionTimeout": (3, 59),
    "MachineDetectionSpeechThreshold": (1000, 6000),
    "MachineDetectionSpeechEndThreshold": (500, 5000),
    "MachineDetectionSilenceTimeout": (2000, 10000),
}
_KNOWN = frozenset(
    {"To", "From", "Url", "Method", "Twiml", "ApplicationSid", "FallbackUrl", "FallbackMethod"}
    | {"StatusCallback", "StatusCallbackMethod", "StatusCallbackEvent", "Timeout", "TimeLimit", "SendDigits"}
    | {"MachineDetection", "AsyncAmd", "AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod", *_AMD_RANGES}
    | {"CallReason", "CallToken", "CallerId", "Status"}
)


def parse_create(form: Form, options: Options) -> CallRequest:
    """Read `POST Calls.json`.

    Raises:
        RestError: With the code of Twilio's dictionary; no call is placed.
    """
    to, from_ = _numbers(form, options)
    detection, warnings = _detection(form)
    unknown = sorted(set(form) - _KNOWN)
    if unknown:
        warnings += ((0, f"parameters that this simulator ignores: {', '.join(unknown)}"),)
    if _one(form, "Url") and _one(form, "Twiml"):
        warnings += ((0, "Twiml is ignored because Url is given"),)
    return CallRequest(
        to=to,
        from_=from_,
        script=_script(form),
        status_callback=_webhook(form, "StatusCallback", code=21609),
        events=_events(form),
        timeout_s=_whole(form, "Timeout", 60, limits=(1, 600), code=21208),
        time_limit_s=_whole(form, "TimeLimit", 0, limits=(1, 86_400)) or None,
        detection=detection,
        warnings=warnings,
    )


def parse_update(form: Form) -> CallUpdate:
    """Read `POST Calls/{sid}.json`.

    Raises:
        RestError: As in `parse_create`.
    """
    status = _one(form, "Status") or None
    if status not in (None, "canceled", "completed"):
        raise RestError(20001, "Status is canceled or completed")
    wants_script = "Url" in form or "Twiml" in form
    if wants_script and status:
        raise RestError(20001, "Status and Url or Twiml exclude each other")
    if "Url" in form and "Twiml" in form:
        raise RestError(20001, "Url and Twiml exclude each other")
    return CallUpdate(status, _script(form) if wants_script else None)


def _numbers(form: Form, options: Options) -> tuple[str, str]:
    to, from_ = _one(form, "To"), _one(form, "From")
    if not to:
        raise RestError(21201)
    if not from_:
        raise RestError(21213)
    if not _E164.fullmatch(from_) or from_ == "+15005550001":
        raise RestError(21212, from_)
    if options.from_numbers and from_ not in options.from_numbers:
        raise RestError(21210, from_)
    if not _E164.fullmatch(to) or to == from_:
        raise RestError(21211, to)
    if to in _TO_ERRORS:
        raise RestError(_TO_ERRORS[to], to)
    if options.allowed_prefixes and not to.startswith(options.allowed_prefixes):
        raise RestError(21215, to)
    _check_trial(to, from_, options)
    return to, from_


def _check_trial(to: str, from_: str, options: Options) -> None:
    """Refuse what a trial account may not call. Source: the pages of these codes in Twilio's error dictionary."""
    if to in options.unverified_numbers:
        raise RestError(573005, to)
    if options.is_trial and to not in options.verified_numbers | options.assigned_numbers.keys():
        raise RestError(21219, to)
    if options.assigned_numbers.get(to, from_) != from_:
        raise RestError(573002, from_)


def _script(form: Form) -> Script:
    if _one(form, "ApplicationSid"):
        raise RestError(21218, "this account has no applications")
    webhook = _webhook(form, "Url", method="Method", code=21205)
    twiml = _one(form, "Twiml")
    if webhook is None and not twiml:
        raise RestError(21205, "Url or Twiml is required")
    if webhook is None and len(twiml) > MAX_TWIML:
        raise RestError(32018, f"{len(twiml)} characters, the limit is {MAX_TWIML}")
    fallback = _webhook(form, "FallbackUrl", method="FallbackMethod", code=21205)
    return Script(None if webhook else twiml, webhook, fallback)


def _events(form: Form) -> frozenset[str]:
    events = form.get("StatusCallbackEvent") or ["completed"]
    wrong = sorted(set(events) - set(EVENTS))
    if wrong:
        raise RestError(21626, f"{', '.join(wrong)}; the parameter is repeated, once an event")
    return frozenset(events)


def _detection(form: Form) -> tuple[Detection | None, tuple[tuple[int, str], ...]]:
    digits = _one(form, "SendDigits")
    if digits and not _SEND_DIGITS.fullmatch(digits):
        raise RestError(21206, digits)
    mode = _one(form, "MachineDetection")
    if mode not in ("", "Enable", "DetectMessageEnd"):
        raise RestError(20001, "MachineDetection is Enable or DetectMessageEnd")
    for name, limits in _AMD_RANGES.items():
        _whole(form, name, 0, limits=limits)
    wants_async = _one(form, "AsyncAmd")
    if wants_async not in ("", "true", "false"):
        raise RestError(20001, f"AsyncAmd is the text true or false, not {wants_async}")
    callback = _webhook(form, "AsyncAmdStatusCallback", code=21609)
    if not mode or digits:
        misplaced = (wants_async or callback) and not mode
        return None, ((21263, "AMD parameters without MachineDetection"),) if misplaced else ()
    is_async = wants_async == "true"
    alone = is_async and callback is None
    return Detection(mode, is_async, callback), ((21262, "AsyncAmd without a callback"),) if alone else ()


def _webhook(form: Form, name: str, *, code: int, method: str | None = None) -> Webhook | None:
    url = _one(form, name)
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "_" in parts.hostname or url != url.strip():
        raise RestError(code, f"{name} {url} is no absolute http(s) URL")
    verb = (_one(form, method or f"{name}Method") or "POST").upper()
    if verb not in ("GET", "POST"):
        raise RestError(21209, verb)
    return Webhook(url, verb)


def _whole(form: Form, name: str, default: int, *, limits: tuple[int, int], code: int = 20001) -> int:
    text = _one(form, name)
    if not text:
        return default
    if not text.isdecimal() or not limits[0] <= int(text) <= limits[1]:
        raise RestError(code, f"{name} is a whole number from {limits[0]} to {limits[1]}")
    return int(text)


def _one(form: Form, name: str) -> str:
    values = form.get(name, [])
    if len(values) > 1:
        raise RestError(20001, f"{name} is given {len(values)} times")
    return values[0] if values else ""
