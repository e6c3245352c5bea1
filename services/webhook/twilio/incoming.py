"""Calls that customers make to us: each is connected with the bridge about an open order, or hears why not."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog
from starlette.requests import Request
from starlette.responses import Response

from services.webhook.twilio.answers import twiml
from services.webhook.twilio.inbound import inbound_attempt
from services.webhook.twilio.signature import SignedForms
from shared import languages
from shared.core.confirmation import CONVERSATION_WAIT, Confirmation
from shared.core.dialing.caps import CallCap
from shared.core.errors import NotFoundError
from shared.core.lifecycle.late_reply import LATE_REPLY_WITHIN
from shared.core.phone import spelt_e164
from shared.store import Store
from shared.twilio import stream_token
from shared.twilio.callback_urls import CallbackUrls
from shared.twilio.twiml import farewell_twiml, stream_twiml

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundRules:
    """What a caller's number counts for: whether its calls must prove to know the order, and how many of them are taken."""

    must_prove: bool
    most_calls: CallCap | None


class IncomingCalls:
    """Answers Twilio's question what to do with a call from a customer."""

    def __init__(
        self, store: Store, forms: SignedForms, rules: InboundRules, *, public_url: str, secret: str, default_language: str
    ) -> None:
        self._store = store
        self._forms = forms
        self._rules = rules
        self._urls = CallbackUrls(public_url)
        self._secret = secret
        self._default_language = default_language

    async def answer(self, request: Request) -> Response:
        """Connect a customer who phones us about an open order with the bridge; tell everybody else why not."""
        form = await self._forms.read(request)
        call_sid, caller = form.get("CallSid", ""), spelt_e164(form.get("From", ""))
        found = (await self._open_orders(caller) or await self._finished_orders(caller)) if caller and call_sid else ()
        if not caller or not found:
            return self._refused(caller or "", "no_order")
        cap = self._rules.most_calls
        if cap is not None and not await self._store.dialing.inbound_calls.may_take(caller, call_sid, cap):
            return self._refused(caller, "too_many_calls")
        for confirmation in found:
            attempt = await inbound_attempt(self._store, confirmation.id, call_sid, must_prove=self._rules.must_prove)
            if attempt is not None:
                return self._connected(confirmation.id, attempt.id)
        return self._refused(caller, "no_order")

    async def _open_orders(self, caller: str) -> Sequence[Confirmation]:
        """Return the number's open orders: first the one about which we ring it at this moment, then the newest.

        While the end of the last call is held for what the bridge may still write about it, that is waited for: the caller who
        hung up and phones again finds the order as that call has left it.
        """
        found = await self._store.lookups.find_open_by_phone(None, caller)
        if any(_is_held(confirmation) for confirmation in found):
            with suppress(TimeoutError):
                async with asyncio.timeout(CONVERSATION_WAIT.total_seconds()):
                    await self._held_ended(found)
            found = await self._store.lookups.find_open_by_phone(None, caller)
        return sorted(found, key=lambda confirmation: not _is_ringing(confirmation))

    async def _held_ended(self, confirmations: Sequence[Confirmation]) -> None:
        for confirmation in confirmations:
            attempt = confirmation.open_attempt
            if attempt is not None and attempt.held_call_end is not None:
                with suppress(NotFoundError):
                    await self._store.confirmation_watches.attempt_ended(confirmation.id, attempt.id)

    async def _finished_orders(self, caller: str) -> Sequence[Confirmation]:
        """Return the orders to which the customer may still add something."""
        since = await self._store.now() - LATE_REPLY_WITHIN
        return await self._store.lookups.find_finished_by_phone(caller, since=since)

    def _connected(self, confirmation_id: str, attempt_id: str) -> Response:
        token = stream_token.issue(self._secret, confirmation_id, attempt_id)
        return twiml(
            stream_twiml(public_url=self._urls.public_url, token=token, confirmation_id=confirmation_id, attempt_id=attempt_id)
        )

    def _refused(self, caller: str, prompt: str) -> Response:
        log.info("incoming_call_refused", reason=prompt)
        language = languages.choose(wanted=None, phone=caller, default=self._default_language).code
        return twiml(farewell_twiml([self._urls.prompt(language, prompt)]))


def _is_held(confirmation: Confirmation) -> bool:
    attempt = confirmation.open_attempt
    return attempt is not None and attempt.held_call_end is not None


def _is_ringing(confirmation: Confirmation) -> bool:
    attempt = confirmation.open_attempt
    return attempt is not None and attempt.is_ringing
