"""What a customer would hear, and when: a body is tried out, nothing is stored and nobody is called."""

from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.confirmations.handlers import Confirmations, json_response
from services.webhook.api.confirmations.intake import new_confirmation
from services.webhook.api.confirmations.requests import ConfirmationBody
from services.webhook.api.validation import validated
from services.webhook.http.body import read_json
from shared import languages
from shared.core.dialing.advance import advance
from shared.core.lifecycle.envelope import timestamp
from shared.core.lifecycle.facts import Submitted
from shared.core.speech.script import render


class Preview:
    """`POST /v1/confirmations/preview`."""

    def __init__(self, confirmations: Confirmations, *, default_language: str) -> None:
        self._confirmations = confirmations
        self._default_language = default_language

    async def show(self, request: Request, shop: str) -> Response:
        """Return the words of the call; `next_attempt_at` is when it would be placed, null where never."""
        rules = await self._confirmations.rules()
        body = validated(ConfirmationBody, await read_json(request), rules)
        new = new_confirmation(body, shop=shop, digest="", now=rules.now)
        planned = advance(new, Submitted(rules.now), rules.policy, rules.now).confirmation
        customer = new.customer
        language = languages.choose(wanted=customer.language, phone=customer.phone, default=self._default_language)
        script = render(language, company=new.company, order=new.order, customer_name=customer.name)
        call_at = planned.next_attempt_at
        return json_response(
            {
                "language": script.language,
                "greeting": script.greeting,
                "details": script.details,
                "keypad": script.keypad,
                "goodbyes": dict(script.goodbyes),
                "voicemail": script.voicemail,
                "next_attempt_at": None if call_at is None else timestamp(call_at),
            }
        )
