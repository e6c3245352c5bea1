"""What a call does next, in TwiML, that has no media stream any more or never got one."""

from collections.abc import Mapping
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from services.webhook.twilio.answers import twiml
from services.webhook.twilio.callbacks import MakeFact
from services.webhook.twilio.signature import SignedForms
from shared import languages
from shared.core import keypad
from shared.core.confirmation import Conclusion, Confirmation
from shared.core.errors import NotFoundError
from shared.core.lifecycle.facts import (
    CallAnswered,
    CallerProven,
    ConversationEnded,
    DisclosurePlayed,
    Fact,
    ProofFailed,
    VerdictGiven,
)
from shared.core.outcome import Channel, Verdict, VerdictKind
from shared.core.proof import MOST_TRIES, proof_of
from shared.store import Store
from shared.twilio.callback_urls import CallbackUrls
from shared.twilio.twiml import disclosure_twiml, farewell_twiml, hangup_twiml, keypad_twiml, proof_twiml
from shared.twilio.vocabulary import CallStatus

_NO_KEY = "no key was pressed"
_PROOF_REFUSED = "proof_refused"
_KEY_PRESSED = "a key was pressed without the stream"


class Voice:
    """The TwiML documents by which a call goes on."""

    def __init__(self, store: Store, forms: SignedForms, *, public_url: str, default_language: str) -> None:
        self._store = store
        self._forms = forms
        self._urls = CallbackUrls(public_url)
        self._default_language = default_language

    async def after_stream(self, request: Request) -> Response:
        """Hang up if the conversation came to its end; else ask for a key, so that an answered call is not lost."""
        form = await self._forms.read(request)
        confirmation = await self._load(request, form)
        if confirmation is None:
            return twiml(hangup_twiml())
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
        confirmation = await self._load(request, form)
        if confirmation is None:
            return twiml(hangup_twiml())
        attempt_id, digit = request.path_params["attempt_id"], form.get("Digits", "")
        kind = keypad.VERDICTS.get(digit)
        if kind is None or not _may_decide(confirmation, attempt_id) or _is_unproven(confirmation):
            return self._keypad(confirmation, attempt_id)
        if not _has_disclosed(confirmation):
            return self._disclosure(confirmation, attempt_id, digit)
        return await self._decide(confirmation, attempt_id, kind)

    async def after_disclosure(self, request: Request) -> Response:
        """Take the key that was pressed before the disclosure as the customer's decision: the disclosure has been heard now."""
        form = await self._forms.read(request)
        confirmation = await self._load(request, form)
        if confirmation is None:
            return twiml(hangup_twiml())
        attempt_id = request.path_params["attempt_id"]
        kind = keypad.VERDICTS.get(request.path_params["digit"])
        if kind is None or _is_unproven(confirmation):
            return self._keypad(confirmation, attempt_id)
        return await self._decide(confirmation, attempt_id, kind)

    async def proof(self, request: Request) -> Response:
        """Take the keys by which a caller proves to know the order, or the key that asks for a call back.

        The path says how often the keys were wrong before; it is signed, as the whole URL is. The record has the sum over the
        stream and this: a call has so many tries in all. A repeated request of Twilio's counts once.
        """
        form = await self._forms.read(request)
        confirmation = await self._load(request, form)
        if confirmation is None or not _may_decide(confirmation, request.path_params["attempt_id"]):
            return twiml(hangup_twiml())
        attempt_id, keys = request.path_params["attempt_id"], form.get("Digits", "")
        if keys.startswith(keypad.CALL_BACK) and await self._may_call_back(confirmation):
            return await self._call_back(confirmation, attempt_id)
        proof, failures = proof_of(confirmation.order.id), _proof_failures(confirmation)
        if failures < MOST_TRIES and proof is not None and proof.is_keyed(keys):
            return self._keypad(await self._apply(confirmation.id, lambda now: CallerProven(now, attempt_id)), attempt_id)
        failures = max(request.path_params["failures"] + 1, failures)
        await self._apply(confirmation.id, lambda now: ProofFailed(now, attempt_id, failures))
        if failures < MOST_TRIES:
            return self._prove(confirmation, attempt_id, failures)
        await self._end(confirmation.id, attempt_id, Conclusion.UNDECIDED, _PROOF_REFUSED)
        return self._farewell(confirmation, "goodbye")

    async def silence(self, request: Request) -> Response:
        """End a call in which nobody pressed a key."""
        form = await self._forms.read(request)
        confirmation = await self._load(request, form)
        if confirmation is not None and _may_decide(confirmation, request.path_params["attempt_id"]):
            await self._end(confirmation.id, request.path_params["attempt_id"], Conclusion.ERROR, _NO_KEY)
        return twiml(hangup_twiml())

    async def _decide(self, confirmation: Confirmation, attempt_id: str, kind: VerdictKind) -> Response:
        """Record in one commit that the disclosure has been heard and what the key decided, and take leave."""

        def decided(found: Confirmation, now: datetime) -> tuple[Fact, ...]:
            if not _may_decide(found, attempt_id):
                return ()
            ended = ConversationEnded(now, attempt_id, None, _KEY_PRESSED)
            return DisclosurePlayed(now, attempt_id), _verdict(now, attempt_id, kind), ended

        step = await self._store.confirmations.apply_all(confirmation.id, decided)
        if not step.is_changed:
            return self._keypad(step.confirmation, attempt_id)
        is_for_one_order = kind is VerdictKind.OPTED_OUT and not step.opts_out
        return self._farewell(step.confirmation, "goodbye") if is_for_one_order else self._goodbye(step.confirmation, kind)

    async def _may_call_back(self, confirmation: Confirmation) -> bool:
        """Tell whether the caller may ask for a call back: the order is open, and no other caller without proof has just asked."""
        attempt = confirmation.open_attempt
        if attempt is None or confirmation.is_finished:
            return False
        return not attempt.is_unproven or confirmation.may_call_back(attempt, await self._store.now())

    async def _call_back(self, confirmation: Confirmation, attempt_id: str) -> Response:
        """Have the customer called back at the number that the shop gave: that is all that a caller without proof decides."""

        def decided(found: Confirmation, now: datetime) -> tuple[Fact, ...]:
            if not _may_decide(found, attempt_id):
                return ()
            ended = ConversationEnded(now, attempt_id, None, _KEY_PRESSED)
            return _verdict(now, attempt_id, VerdictKind.CALLBACK_REQUESTED), ended

        await self._store.confirmations.apply_all(confirmation.id, decided)
        return self._farewell(confirmation, "goodbye")

    def _keypad(self, confirmation: Confirmation, attempt_id: str) -> Response:
        if not _may_decide(confirmation, attempt_id):
            return twiml(hangup_twiml())
        if _is_unproven(confirmation):
            failures = _proof_failures(confirmation)
            if failures >= MOST_TRIES:
                return self._farewell(confirmation, "goodbye")
            return self._prove(confirmation, attempt_id, failures)
        return twiml(
            keypad_twiml(
                public_url=self._urls.public_url,
                language=self._language(confirmation),
                confirmation_id=confirmation.id,
                attempt_id=attempt_id,
            )
        )

    def _prove(self, confirmation: Confirmation, attempt_id: str, failures: int) -> Response:
        return twiml(
            proof_twiml(
                public_url=self._urls.public_url,
                language=self._language(confirmation),
                confirmation_id=confirmation.id,
                attempt_id=attempt_id,
                failures=failures,
            )
        )

    def _disclosure(self, confirmation: Confirmation, attempt_id: str, digit: str) -> Response:
        return twiml(
            disclosure_twiml(
                public_url=self._urls.public_url,
                language=self._language(confirmation),
                confirmation_id=confirmation.id,
                attempt_id=attempt_id,
                digit=digit,
            )
        )

    def _goodbye(self, confirmation: Confirmation, kind: VerdictKind) -> Response:
        is_late = confirmation.is_finished and confirmation.open_attempt is not None  # it is passed on, and changes no outcome
        return self._farewell(confirmation, "goodbye" if is_late else f"goodbye_{kind.value}")

    def _farewell(self, confirmation: Confirmation, prompt: str) -> Response:
        return twiml(farewell_twiml([self._urls.prompt(self._language(confirmation), prompt)]))

    def _language(self, confirmation: Confirmation) -> str:
        customer = confirmation.customer
        return languages.choose(wanted=customer.language, phone=customer.phone, default=self._default_language).code

    async def _load(self, request: Request, form: Mapping[str, str]) -> Confirmation | None:
        """Return the confirmation of the path, None if there is none or the attempt is not the one under way, or not in this call.

        An attempt goes on in another call than the one that we placed if the customer phoned us while it rang.
        """
        try:
            confirmation = await self._store.confirmations.get(request.path_params["confirmation_id"])
        except NotFoundError:
            return None
        attempt, call_sid = confirmation.open_attempt, form.get("CallSid", "")
        is_open = attempt is not None and attempt.id == request.path_params["attempt_id"]
        is_same_call = attempt is None or attempt.call_sid is None or not call_sid or attempt.call_sid == call_sid
        return confirmation if is_open and is_same_call else None

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


def _is_unproven(confirmation: Confirmation) -> bool:
    """Tell whether a caller has not shown to know the order: such a caller decides nothing."""
    attempt = confirmation.open_attempt
    return attempt is not None and attempt.is_unproven


def _proof_failures(confirmation: Confirmation) -> int:
    attempt = confirmation.open_attempt
    return attempt.proof_failures if attempt is not None else 0


def _has_disclosed(confirmation: Confirmation) -> bool:
    attempt = confirmation.open_attempt
    return attempt is not None and attempt.disclosure_played_at is not None


def _verdict(now: datetime, attempt_id: str, kind: VerdictKind) -> Fact:
    return VerdictGiven(now, attempt_id, Verdict(kind=kind, channel=Channel.KEYPAD, at=now))
