"""The filters of Twilio's list of calls. Dates are UTC days: a full timestamp counts as its day."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from simulators.twilio.call.call import Call, Status
from simulators.twilio.errors import RestError

DEFAULT_PAGE = 50
MAX_PAGE = 1000


def matches(call: Call, filters: Mapping[str, str]) -> bool:
    """Return whether the call belongs in the list; a call without a start matches no filter on the start.

    Raises:
        RestError: A filter's name or value is unknown.
    """
    return all(_holds(call, name, value) for name, value in filters.items())


def _holds(call: Call, name: str, value: str) -> bool:
    match name:
        case "To":
            return call.request.to == value
        case "From":
            return call.request.from_ == value
        case "Status":
            # the resource shows `initiated` as `queued`
            return value == ("queued" if call.status is Status.INITIATED else call.status)
        case "ParentCallSid":
            return False
    what, sign = name.rstrip("<>="), name[len(name.rstrip("<>=")) :]
    if what not in ("StartTime", "EndTime"):
        raise RestError(20001, f"the list knows no filter {name}")
    moment = call.times.started if what == "StartTime" else call.times.ended
    if moment is None:
        return False
    day, wanted = moment.astimezone(UTC).date(), _day(value)
    if sign.startswith("<"):
        return day < wanted
    return day >= wanted if sign.startswith(">") else day == wanted


def _day(text: str) -> date:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError as problem:
        raise RestError(20001, f"{text} is no date") from problem
