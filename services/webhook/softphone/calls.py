"""The calls of the softphone: a made-up order, the inbound call of its customer, and the end of the call."""

import asyncio
import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import Response
from ulid import ULID

from services.webhook.http.answers import json_response
from services.webhook.http.body import read_json
from services.webhook.http.problems import FieldFault, ProblemError, ProblemKind, faulty_fields
from services.webhook.twilio.inbound import inbound_attempt
from shared import languages
from shared.core import ids
from shared.core.confirmation import CONVERSATION_WAIT, Attempt, Confirmation
from shared.core.errors import NotFoundError
from shared.core.lifecycle.facts import CallEnded, ConversationLost, Fact, Withdrawn
from shared.core.order import CallWishes, Customer, Item, Money, Order
from shared.store import Created, Store
from shared.twilio import stream_token

log = structlog.get_logger()

_MADE_BY: Final = {"made_by": "softphone"}
_AHEAD: Final = timedelta(hours=1)
_MOMENT: Final = timedelta(milliseconds=1)
_COMPANY: Final = "Shopaz"


class SoftphoneCallRoutes:
    """`/softphone/calls` and the paths below it; a call is a confirmation and its inbound attempt."""

    def __init__(self, store: Store, *, shop: str, secret: str, stream_url: str) -> None:
        self._store = store
        self._stream_url = stream_url
        self._shop = shop
        self._secret = secret

    async def create(self, request: Request) -> Response:
        """Submit an order and begin its inbound call; answer with what the page needs to open the stream.

        Body: `{"language": "sq"}` or `{}`.
        """
        language = _language(await read_json(request))
        confirmation = _order(self._shop, language, await self._store.now())
        if not isinstance(await self._store.confirmations.submit(confirmation), Created):
            raise ProblemError(ProblemKind.ALREADY_OPEN, "Try again: the made-up order id or number was taken.")
        attempt = await inbound_attempt(self._store, confirmation.id, f"CA{secrets.token_hex(16)}", must_prove=False)
        if attempt is None:
            raise ProblemError(ProblemKind.ALREADY_OPEN, "The call could not begin; try again.")
        log.info("softphone_call_began", confirmation_id=confirmation.id)
        answer = {
            "call": f"/softphone/calls/{confirmation.id}/{attempt.id}",
            "stream": self._stream_url,
            "call_sid": attempt.call_sid,
            "parameters": {"token": stream_token.issue(self._secret, confirmation.id, attempt.id)},
            "confirmation_id": confirmation.id,
            "order_id": confirmation.order.id,
        }
        return json_response(answer, 201)

    async def show(self, request: Request) -> Response:
        """Return the state of the call, and its transcript so far."""
        confirmation, attempt = await self._find(request)
        turns = await self._store.transcripts.get(confirmation.id)
        answer = {
            "status": confirmation.status.value,
            "outcome": None if confirmation.outcome is None else confirmation.outcome.value,
            "result": None if attempt.result is None else attempt.result.value,
            "channel": None if confirmation.evidence is None else confirmation.evidence.channel.value,
            "turns": [{"speaker": turn.speaker.value, "text": turn.text, "interrupted": turn.interrupted} for turn in turns],
        }
        return json_response(answer)

    async def end(self, request: Request) -> Response:
        """End the call. An order without a decision is withdrawn, so that nobody is phoned about it.

        As at the end of any call, what the bridge still writes of it is waited for.
        """
        confirmation, attempt = await self._find(request)
        seconds = round((await self._store.now() - attempt.placed_at).total_seconds())

        def over(now: datetime) -> CallEnded:
            return CallEnded(now, attempt.id, None, attempt.call_sid, seconds)

        def withdrawn(_found: Confirmation, now: datetime) -> tuple[Fact, ...]:
            return ConversationLost(now, attempt.id), Withdrawn(now)

        await self._store.confirmations.apply(confirmation.id, over)
        with suppress(TimeoutError):
            async with asyncio.timeout(CONVERSATION_WAIT.total_seconds()):
                await self._store.confirmation_watches.attempt_ended(confirmation.id, attempt.id)
        await self._store.confirmations.apply_all(confirmation.id, withdrawn)
        return Response(status_code=204)

    async def _find(self, request: Request) -> tuple[Confirmation, Attempt]:
        """Return the call that the path names.

        Raises:
            NotFoundError: There is none, or the softphone did not begin it.
        """
        confirmation = await self._store.confirmations.get(request.path_params["confirmation_id"])
        for attempt in confirmation.attempts:
            if attempt.id == request.path_params["attempt_id"] and confirmation.metadata == _MADE_BY:
                return confirmation, attempt
        raise NotFoundError


def _language(body: object) -> str | None:
    wanted = body.get("language") if isinstance(body, dict) else None
    if wanted is None or (isinstance(wanted, str) and wanted in languages.supported()):
        return wanted
    spoken = ", ".join(languages.supported())
    raise faulty_fields([FieldFault("/language", "language_not_spoken", f"must be one of the languages that are spoken: {spoken}")])


def _order(shop: str, language: str | None, now: datetime) -> Confirmation:
    """Return a new order of a made-up customer. It expires before its first call, so that only the customer can call."""
    not_before = now + _AHEAD
    return Confirmation(
        id=ids.confirmation_id(ULID()),
        shop=shop,
        order=Order(f"WEB-{secrets.randbelow(100_000):05}", Money(Decimal("59.90"), "EUR"), (Item("Kufje me valë"),)),
        company=_COMPANY,
        customer=Customer(f"+383449{secrets.randbelow(100_000):05}", language=language),
        created_at=now,
        updated_at=now,
        call=CallWishes(not_before=not_before, expires_at=not_before + _MOMENT),
        metadata=dict(_MADE_BY),
        request_digest=secrets.token_hex(16),
    )
