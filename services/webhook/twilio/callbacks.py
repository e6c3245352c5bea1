"""What Twilio reports about a call: its progress and who answered. Reports may come twice, late or out of order."""

from collections.abc import Callable, Mapping
from datetime import datetime

import structlog
from starlette.requests import Request
from starlette.responses import Response

from services.webhook.twilio.signature import SignedForms
from shared.core.confirmation import Confirmation
from shared.core.errors import NotFoundError
from shared.core.lifecycle.facts import CallAnswered, CalleeClassified, CallEnded, CallPlaced, Fact
from shared.core.phone import spelt_e164
from shared.core.text import clean
from shared.store import Store
from shared.twilio.vocabulary import CallStatus, is_over, is_unanswered, line_result_of

log = structlog.get_logger()

MakeFact = Callable[[datetime], Fact]


class Callbacks:
    """The callbacks of a call. The answer is always 204: the report is stored, or it is of no use."""

    def __init__(self, store: Store, forms: SignedForms) -> None:
        self._store = store
        self._forms = forms

    async def status(self, request: Request) -> Response:
        """Take in the progress of a call that we placed."""
        form = await self._forms.read(request)
        fact = progress(form, request.path_params["attempt_id"])
        if fact is None:
            log.info("call_status_ignored", attempt_id=request.path_params["attempt_id"])
            return Response(status_code=204)
        return await self._apply(request, fact)

    async def amd(self, request: Request) -> Response:
        """Take in whether a person or a machine answered."""
        form = await self._forms.read(request)
        answered_by, attempt_id = clean(form.get("AnsweredBy", "")[:40]), request.path_params["attempt_id"]
        if not answered_by:
            return Response(status_code=204)
        return await self._apply(request, lambda now: CalleeClassified(now, attempt_id, answered_by))

    async def incoming_status(self, request: Request) -> Response:
        """Take in the progress and the end of a call that a customer made to us."""
        form = await self._forms.read(request)
        call_sid, caller = form.get("CallSid", ""), spelt_e164(form.get("From", ""))
        found = await self._store.lookups.of_phone(caller) if caller else ()  # finished ones, too: it may be a late reply
        for confirmation in found:
            attempt = confirmation.open_attempt
            if attempt is None or attempt.call_sid != call_sid:
                continue
            fact = progress(form, attempt.id)
            if fact is not None:
                await self._store.confirmations.apply(confirmation.id, fact)
        return Response(status_code=204)

    async def _apply(self, request: Request, make_fact: MakeFact) -> Response:
        confirmation_id, attempt_id = request.path_params["confirmation_id"], request.path_params["attempt_id"]
        try:
            step = await self._store.confirmations.apply(confirmation_id, make_fact)
        except NotFoundError:
            log.info("callback_of_unknown_confirmation", confirmation_id=confirmation_id, attempt_id=attempt_id)
            return Response(status_code=204)
        if not is_of_open_attempt(step.confirmation, attempt_id) and not step.is_changed:
            log.info("callback_of_closed_attempt", confirmation_id=confirmation_id, attempt_id=attempt_id)
        return Response(status_code=204)


def is_of_open_attempt(confirmation: Confirmation, attempt_id: str) -> bool:
    """Tell whether the attempt is the one under way."""
    attempt = confirmation.open_attempt
    return attempt is not None and attempt.id == attempt_id


def progress(form: Mapping[str, str], attempt_id: str) -> MakeFact | None:
    """Return the fact that a status callback's form tells of the attempt, or None if it tells none that we know."""
    status, call_sid = form.get("CallStatus", ""), form.get("CallSid", "")
    if not call_sid:
        return None
    if is_unanswered(status):
        return lambda now: CallPlaced(now, attempt_id, call_sid)
    if status == CallStatus.IN_PROGRESS:
        return lambda now: CallAnswered(now, attempt_id, call_sid)
    if not is_over(status):
        return None
    return lambda now: CallEnded(
        at=now,
        attempt_id=attempt_id,
        line_result=line_result_of(status),
        call_sid=call_sid,
        duration_s=_seconds(form.get("CallDuration", "")),
        reason=None if status == CallStatus.COMPLETED else _reason(status, form),
    )


def _seconds(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else None  # noqa: PLR2004 - eleven days


def _reason(status: str, form: Mapping[str, str]) -> str:
    """Return the line's own words, `busy, SIP 486`, with Twilio's error code if the form holds one."""
    codes = (("SIP", form.get("SipResponseCode", "")), ("Twilio", form.get("ErrorCode", "")))
    told = [f"{whose} {code}" for whose, code in codes if code.isascii() and code.isdecimal() and len(code) < 7]  # noqa: PLR2004 - as long as any code
    return ", ".join([status, *told])
