"""The JSON of Twilio's REST resources: a call, a page of calls, the account and its numbers."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

from simulators.twilio.call.call import API_VERSION, Call, Status, rfc_2822
from simulators.twilio.ledger import Json
from simulators.twilio.options import Options

PRICE_AFTER_S = 2.0
"""Twilio sets the price only some time after the end."""
_PRICE_A_MINUTE = 0.05
_SUBRESOURCES = ("notifications", "recordings", "payments", "events", "siprec", "streams", "transcriptions")


def call_resource(call: Call, options: Options) -> Json:
    """Return the call as `GET Calls/{sid}.json` shows it. Source: the fields of twilio-python's CallInstance."""
    uri = f"/{API_VERSION}/Accounts/{call.account_sid}/Calls/{call.sid}"
    is_answered = call.times.answered_ms is not None
    return {
        "sid": call.sid,
        "account_sid": call.account_sid,
        "parent_call_sid": None,
        "phone_number_sid": None,
        "group_sid": None,
        "trunk_sid": None,
        "to": call.request.to,
        "to_formatted": call.request.to,
        "from": call.request.from_,
        "from_formatted": call.request.from_,
        # the resource shows `initiated` as `queued`
        "status": Status.QUEUED if call.status is Status.INITIATED else call.status,
        "direction": call.direction,
        "date_created": rfc_2822(call.times.created),
        "date_updated": rfc_2822(call.times.updated),
        "start_time": rfc_2822(call.times.started) if call.times.started else None,
        "end_time": rfc_2822(call.times.ended) if call.times.ended else None,
        "duration": str(call.duration_s) if call.times.ended and is_answered else "",
        "price": _price(call, options),
        "price_unit": "USD",
        "answered_by": _answered_by(call),
        "queue_time": str(call.times.queue_time_ms),
        "caller_name": None,
        "forwarded_from": None,
        "stir_verstat": None,
        "annotation": None,
        "api_version": API_VERSION,
        "uri": f"{uri}.json",
        "subresource_uris": {name: f"{uri}/{name.capitalize()}.json" for name in _SUBRESOURCES},
    }


def page_resource(
    calls: Sequence[Call], options: Options, *, path: str, filters: Mapping[str, str], page: int, size: int, more: bool
) -> Json:
    """Return a page of the list, with Twilio's paging keys; its links repeat the `filters`."""

    def link(number: int) -> str:
        query = {**filters, "PageSize": str(size), "Page": str(number)}
        if number:
            query["PageToken"] = f"PA{calls[-1].sid}" if calls else "PA"
        return f"{path}?{urlencode(query)}"

    return {
        "calls": [call_resource(call, options) for call in calls],
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(len(calls) - 1, 0),
        "uri": link(page),
        "first_page_uri": link(0),
        "previous_page_uri": link(page - 1) if page else None,
        "next_page_uri": link(page + 1) if more else None,
    }


def account_resource(options: Options) -> Json:
    """Return the account, with the status active."""
    sid, kind = options.account_sid, "Trial" if options.is_trial else "Full"
    uri = f"/{API_VERSION}/Accounts/{sid}.json"
    return {"sid": sid, "friendly_name": "Simulated account", "status": "active", "type": kind, "uri": uri}


def numbers_resource(options: Options, *, wanted: str | None) -> Json:
    """Return the account's own numbers, as one page."""
    numbers = sorted(number for number in options.from_numbers if wanted in (None, number))
    entries = [{"phone_number": number, "account_sid": options.account_sid, "sid": _pn(number)} for number in numbers]
    for entry in entries:
        entry["voice_url"] = options.voice_url
        entry["voice_method"] = "POST"
    return {"incoming_phone_numbers": entries, "page": 0, "page_size": 50, "next_page_uri": None, "uri": ""}


def _pn(number: str) -> str:
    return f"PN{int(number.lstrip('+')):032x}"


def _answered_by(call: Call) -> str | None:
    """Return `human` or `machine`: the resource is documented to say nothing finer, only the callback says more."""
    if call.answered_by == "human":
        return "human"
    return "machine" if call.answered_by and call.answered_by.startswith("machine") else None


def _price(call: Call, options: Options) -> str | None:
    if call.times.ended is None or call.times.answered_ms is None:
        return None
    is_known = (datetime.now(UTC) - call.times.ended).total_seconds() >= options.waiting(PRICE_AFTER_S)
    return f"-{_PRICE_A_MINUTE * call.minutes:.5f}" if is_known else None
