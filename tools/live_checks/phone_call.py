"""One real call through Twilio, to a number that the operator gives: two stored prompts, heard to their end."""

import asyncio
from time import monotonic
from typing import Final
from xml.sax.saxutils import escape

import httpx

from services.dialer_worker.calls.create_call_result import (
    AccountRefused,
    NumberRefused,
    RequestRefused,
    Unclear,
    read_refusal,
)
from services.dialer_worker.calls.twilio_client import Call, Ending, TwilioClient, open_http_client
from services.dialer_worker.settings import Settings as DialerSettings
from shared import languages
from shared.core.errors import TelephonyError
from shared.languages.wav import RATE_HZ
from shared.twilio.callback_urls import CallbackUrls
from shared.twilio.vocabulary import CallStatus
from tools.finding import Finding

_PROMPTS: Final = ("disclosure", "goodbye")
_LOOK_EVERY_S: Final = 0.5
_TALK_S: Final = 30.0
_SLACK_S: Final = 1.5  # Twilio's duration is in whole seconds
_CONSOLE = "look at the call in Twilio's console (Monitor, Logs, Calls)"


async def check_call(settings: DialerSettings, number: str) -> Finding:
    """Phone the number, and tell how the call ended. Nothing that is returned names the number."""
    account, token = settings.twilio_account_sid, settings.twilio_auth_tokens[0]
    async with open_http_client(settings.twilio_api_url, account_sid=account, auth_token=token) as client:
        try:
            placed = await _place(client, settings, number)
            return placed if isinstance(placed, Finding) else await _follow(client, settings, placed)
        except (TelephonyError, httpx.HTTPError, TimeoutError) as error:
            return Finding(f"Twilio can't be reached ({type(error).__name__})", f"check the network and TWILIO_API_URL; {_CONSOLE}")


async def _place(client: httpx.AsyncClient, settings: DialerSettings, number: str) -> str | Finding:
    """Return the sid of the call, or why there is none."""
    urls = CallbackUrls(settings.public_url)
    plays = "".join(f"<Play>{escape(urls.prompt(settings.default_language, key))}</Play>" for key in _PROMPTS)
    form = {
        "To": number,
        "From": settings.twilio_from_numbers[0],
        "Timeout": str(settings.ring_timeout_s),
        "TimeLimit": str(int(_TALK_S)),
        "Twiml": f"<Response>{plays}<Hangup/></Response>",
    }
    response = await client.post(f"/2010-04-01/Accounts/{settings.twilio_account_sid}/Calls.json", data=form)
    try:
        body = response.json()
    except ValueError:
        body = None
    body = body if isinstance(body, dict) else {}
    sid, code = body.get("sid"), body.get("code")
    if response.is_success and isinstance(sid, str):
        return sid
    return _refused(response.status_code, code if isinstance(code, int) else None)


def _refused(status: int, code: int | None) -> Finding:
    page = f"read https://www.twilio.com/docs/api/errors/{code}" if code is not None else "look at the account in Twilio's console"
    match read_refusal(status, code, None):
        case NumberRefused(reason=reason) | RequestRefused(reason=reason) | AccountRefused(reason=reason):
            return Finding(f"Twilio refuses the call: {reason}", page)
        case Unclear(reason=reason):
            return Finding(f"Twilio's answer is no answer: {reason}", f"{_CONSOLE}: there may be one")
        case _:
            return Finding("Twilio refuses the call: too many requests", f"wait a minute; {page}")


async def _follow(client: httpx.AsyncClient, settings: DialerSettings, sid: str) -> Finding:
    """Wait for the call's end; whatever happens here, the call does not outlive this."""
    twilio = TwilioClient(client, account_sid=settings.twilio_account_sid, on_error=_ignore)
    placed_s = monotonic()
    answered_s: float | None = None  # None: nobody has answered yet
    call: Call | None = None
    try:
        async with asyncio.timeout(settings.ring_timeout_s + 2 * _TALK_S):
            while call is None or not call.is_over:
                await asyncio.sleep(_LOOK_EVERY_S)
                call = await twilio.fetch_call(sid) or call
                if answered_s is None and call is not None and call.status == CallStatus.IN_PROGRESS:
                    answered_s = monotonic() - placed_s
    except TimeoutError:
        return Finding("the call has no end", f"{_CONSOLE}: it was ended")
    finally:
        if call is None or not call.is_over:
            await twilio.end_call(sid, Ending.COMPLETED)
    return _judged(call, answered_s, expected_s=_prompts_s(settings.default_language))


def _judged(call: Call, answered_s: float | None, *, expected_s: float) -> Finding:
    if call.status != CallStatus.COMPLETED:
        return Finding(f"the call ended as {call.status}", f"is the phone on, and the number right? Otherwise {_CONSOLE}")
    after = f"after {answered_s:.0f} s" if answered_s is not None else "soon"
    lasted = f"answered {after}, it lasted {call.duration_s or 0} s, and the prompts are {expected_s:.1f} s long"
    if (call.duration_s or 0) < expected_s - _SLACK_S:
        fix = f"if nobody hung up, Twilio could not fetch the prompts from PUBLIC_URL/prompts: {_CONSOLE}"
        return Finding(f"the call was not played to its end: {lasted}", fix)
    return Finding(f"the call was played to its end: {lasted}")


def _prompts_s(language: str) -> float:
    return sum(len(languages.audio(language, key)) for key in _PROMPTS) / RATE_HZ


def _ignore(_kind: str) -> None:
    """Do nothing: the finding tells of the failure."""
