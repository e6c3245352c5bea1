"""The preview of a call: what the customer would hear, and when. Nothing is stored, and nobody is called."""

from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.confirmations.intake import new_confirmation
from services.webhook.api.confirmations.requests import ConfirmationBody
from services.webhook.api.validation import validated
from services.webhook.api.validation_context import ValidationRules
from services.webhook.http.answers import Answer, Timestamp, json_response
from services.webhook.http.body import read_json
from shared import languages
from shared.core.dialing.planned_transition import apply_fact
from shared.core.lifecycle.envelope import timestamp
from shared.core.lifecycle.facts import Submitted
from shared.core.speech.script import render
from shared.store import Store


class PreviewAnswer(Answer):
    """What the customer would hear, and when."""

    language: str
    greeting: str
    details: str
    keypad: str
    goodbyes: Annotated[dict[str, str], Field(description="By the result of the call.")]
    voicemail: str
    next_attempt_at: Timestamp | None


class PreviewRoutes:
    """`POST /v1/confirmations/preview`."""

    def __init__(self, store: Store, rules: ValidationRules, *, default_language: str) -> None:
        self._store = store
        self._rules = rules
        self._default_language = default_language

    async def show(self, request: Request, shop: str) -> Response:
        """Return the words of the call; `next_attempt_at` is when it would be placed, null if never."""
        context = self._rules.at(await self._store.now(), shop)
        body = validated(ConfirmationBody, await read_json(request), context)
        new = new_confirmation(body, shop=shop, digest="", now=context.now)
        planned = apply_fact(new, Submitted(context.now), context.policy, context.now).confirmation
        customer = new.customer
        language = languages.choose(wanted=customer.language, phone=customer.phone, default=self._default_language)
        script = render(language, company=new.company, order=new.order, customer_name=customer.name)
        call_at = planned.next_attempt_at
        answer = PreviewAnswer(
            language=script.language,
            greeting=script.greeting,
            details=script.details,
            keypad=script.lines["keypad"],
            goodbyes=dict(script.goodbyes),
            voicemail=script.voicemail,
            next_attempt_at=None if call_at is None else timestamp(call_at),
        )
        return json_response(answer)
