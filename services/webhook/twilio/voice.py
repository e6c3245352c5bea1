"""What a call does next, in TwiML: inbound calls, and calls that have no media stream any more or never got one."""

from datetime import datetime

import structlog
from starlette.requests import Request
from starlette.responses import Response

from services.webhook.twilio.callbacks import MakeFact, is_of_open_attempt
from services.webhook.twilio.inbound import inbound_attempt
from services.webhook.twilio.signature import SignedForms
from shared import languages
from shared.core import keypad
from shared.core.confirmation import Conclusion, Confirmation
from shared.core.errors import NotFoundError
from shared.core.lifecycle.facts import CallAnswered, ConversationEnded, DisclosurePlayed, Fact, VerdictGiven
from shared.core.outcome import Channel, Verdict, VerdictKind
from shared.core.phone import spelt_e164
from shared.store import Store
from shared.twilio import stream_token
from shared.twilio.callback_urls import CallbackUrls
from shared.twilio.twiml import CONTENT_TYPE, disclosure_twiml, farewell_twiml, hangup_twiml, keypad_twiml, stream_twiml
from shared.twilio.vocabulary import CallStatus

log = structlog.get_logger()

_NO_KEY = "no key was pressed"
_KEY_PRESSED = "a key was pressed without the stream"


class Voice:
    """The TwiML documents by which a call goes on."""

    def __init__(self, store: Store, forms: SignedForms, *, public_url: str, secret: str, default_language: str) -> None:
        self._store = store
        self._forms = forms
        self._urls = CallbackUrls(public_url)
        self._secret = secret
        self._default_language = default_language

    async def incoming_call(self, request: Request) -> Response:
        """Connect a customer who phones us about an open order with the bridge; tell everybody else that there is none."""
        form = await self._forms.read(request)
        call_sid, caller = form.get("CallSid", ""), spelt_e164(form.get("From", ""))
        found = await self._store.lookups.find_open_by_phone(None, caller) if caller and call_sid else []
        for confirmation in found:
            attempt = await inbound_attempt(self._store, confirmation.id, call_sid)
            if attempt is not None:
                return self._connected(confirmation.id, attempt.id)
        log.info("incoming_call_without_order", has_open_order=bool(found))
        language = languages.choose(wanted=None, phone=caller or "", default=self._default_language).code
        return _twiml(farewell_twiml([self._urls.prompt(language, "no_order")]))

    async def after_stream(self, request: Request) -> Response:
        """Hang up if the conversation came to its end; else ask for a key, so that an answered call is not lost."""
        form = await self._forms.read(request)
        confirmation = await self._load(request)
        if confirmation is None:
            return _twiml(hangup_twiml())
        attempt_id = request.path_params["attempt_id"]
        if form.get("CallStatus") == CallStatus.IN_PROGRESS:
            call_sid = form.get("CallSid", "")
            confirmation = await self._apply(confirmation.id, lambda now: CallAnswered(now, attempt_id, call_sid))
        return self._keypad(confirmation, attempt_id)

    async def keypad(self, request: Request) -> Response:
        """Take a key as the customer's decision; a key without a meaning is ignored.

        A key that was pressed before the disclosure was heard decides nothing yet: the disclosure is played first.
        """
        form = await self._forms.read(request)
        confirmation = await self._load(request)
        if confirmation is None:
            return _twiml(hangup_twiml())
        attempt_id, digit = request.path_params["attempt_id"], form.get("Digits", "")
        kind = keypad.VERDICTS.get(digit)
        if kind is None or not _may_decide(confirmation, attempt_id):
            return self._keypad(confirmation, attempt_id)
        if not _has_disclosed(confirmation):
            return self._disclosure(confirmation, attempt_id, digit)
        return await self._decide(confirmation, attempt_id, kind)

    async def after_disclosure(self, request: Request) -> Response:
        """Take the key that was pressed before the disclosure as the customer's decision: the disclosure has been heard now."""
        await self._forms.read(request)
        confirmation = await self._load(request)
        if confirmation is None:
            return _twiml(hangup_twiml())
        attempt_id = request.path_params["attempt_id"]
        kind = keypad.VERDICTS.get(request.path_params["digit"])
        if kind is None:
            return self._keypad(confirmation, attempt_id)
        return await self._decide(confirmation, attempt_id, kind)

    async def silence(self, request: Request) -> Response:
        """End a call in which nobody pressed a key."""
        await self._forms.read(request)
        confirmation = await self._load(request)
        if confirmation is not None and _may_decide(confirmation, request.path_params["attempt_id"]):
            await self._end(confirmation.id, request.path_params["attempt_id"], Conclusion.ERROR, _NO_KEY)
        return _twiml(hangup_twiml())

    def _connected(self, confirmation_id: str, attempt_id: str) -> Response:
        token = stream_token.issue(self._secret, confirmation_id, attempt_id)
        return _twiml(
            stream_twiml(public_url=self._urls.public_url, token=token, confirmation_id=confirmation_id, attempt_id=attempt_id)
        )

    async def _decide(self, confirmation: Confirmation, attempt_id: str, kind: VerdictKind) -> Response:
        """Record in one commit that the disclosure has been heard and what the key decided, and take leave."""

        def decided(found: Confirmation, now: datetime) -> tuple[Fact, ...]:
            if not _may_decide(found, attempt_id):
                return ()
            ended = ConversationEnded(now, attempt_id, None, _KEY_PRESSED)
            return DisclosurePlayed(now, attempt_id), _verdict(now, attempt_id, kind), ended

        step = await self._store.confirmations.apply_all(confirmation.id, decided)
        return self._goodbye(step.confirmation, kind) if step.is_changed else self._keypad(step.confirmation, attempt_id)

    def _keypad(self, confirmation: Confirmation, attempt_id: str) -> Response:
        if not _may_decide(confirmation, attempt_id):
            return _twiml(hangup_twiml())
        return _twiml(
            keypad_twiml(
                public_url=self._urls.public_url,
                language=self._language(confirmation),
                confirmation_id=confirmation.id,
                attempt_id=attempt_id,
            )
        )

    def _disclosure(self, confirmation: Confirmation, attempt_id: str, digit: str) -> Response:
        return _twiml(
            disclosure_twiml(
                public_url=self._urls.public_url,
                language=self._language(confirmation),
                confirmation_id=confirmation.id,
                attempt_id=attempt_id,
                digit=digit,
            )
        )

    def _goodbye(self, confirmation: Confirmation, kind: VerdictKind) -> Response:
        prompt = self._urls.prompt(self._language(confirmation), f"goodbye_{kind.value}")
        return _twiml(farewell_twiml([prompt]))

    def _language(self, confirmation: Confirmation) -> str:
        customer = confirmation.customer
        return languages.choose(wanted=customer.language, phone=customer.phone, default=self._default_language).code

    async def _load(self, request: Request) -> Confirmation | None:
        """Return the confirmation of the path, None if there is none or the attempt is not the one under way."""
        try:
            confirmation = await self._store.confirmations.get(request.path_params["confirmation_id"])
        except NotFoundError:
            return None
        return confirmation if is_of_open_attempt(confirmation, request.path_params["attempt_id"]) else None

    async def _apply(self, confirmation_id: str, make_fact: MakeFact) -> Confirmation:
        return (await self._store.confirmations.apply(confirmation_id, make_fact)).confirmation

    async def _end(self, confirmation_id: str, attempt_id: str, conclusion: Conclusion, reason: str) -> None:
        await self._apply(confirmation_id, lambda now: ConversationEnded(now, attempt_id, conclusion, reason))


def _may_decide(confirmation: Confirmation, attempt_id: str) -> bool:
    """Tell whether a key could still decide something: nobody has, nothing concluded the call, nobody took the order back."""
    attempt = confirmation.open_attempt
    if attempt is None or attempt.id != attempt_id or confirmation.withdrawn_at is not None:
        return False
    return attempt.verdict is None and attempt.conclusion is None and not attempt.is_machine


def _has_disclosed(confirmation: Confirmation) -> bool:
    attempt = confirmation.open_attempt
    return attempt is not None and attempt.disclosure_played_at is not None


def _verdict(now: datetime, attempt_id: str, kind: VerdictKind) -> Fact:
    return VerdictGiven(now, attempt_id, Verdict(kind=kind, channel=Channel.KEYPAD, at=now))


def _twiml(document: str) -> Response:
    return Response(document, headers={"content-type": CONTENT_TYPE, "cache-control": "no-store"})
