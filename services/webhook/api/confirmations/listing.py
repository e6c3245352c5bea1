"""The listing of a shop's confirmations, newest first."""

from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.confirmations.representation import ConfirmationAnswer, confirmation_answer
from services.webhook.http.answers import Answer, json_response
from services.webhook.http.query_parameters import choice, invalid_parameter, number, parameters
from shared.core.dialing.dial_policy import DialPolicy
from shared.core.ids import is_confirmation_id
from shared.core.outcome import Outcome, Status
from shared.store import Store

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class PageAnswer(Answer):
    """A part of a listing."""

    items: list[ConfirmationAnswer]
    next_cursor: Annotated[str | None, Field(description="For the next page; null on the last.")]


class ListingRoutes:
    """`GET /v1/confirmations`."""

    def __init__(self, store: Store, policy: DialPolicy) -> None:
        self._store = store
        self._policy = policy

    async def page(self, request: Request, shop: str) -> Response:
        """Return one page; `next_cursor` leads to the next one, and is null on the last."""
        values = parameters(request, "status", "outcome", "order_id", "limit", "cursor")
        cursor = values.get("cursor")
        if cursor is not None and not is_confirmation_id(cursor):
            raise invalid_parameter("cursor", "It must be the next_cursor of an earlier page.")
        found = await self._store.lookups.list(
            shop,
            status=choice(values, "status", Status),
            outcome=choice(values, "outcome", Outcome),
            order_id=values.get("order_id"),
            limit=number(values, "limit", default=DEFAULT_LIMIT, most=MAX_LIMIT),
            cursor=cursor,
            only_tests=request.state.caller.is_test,
        )
        items = [confirmation_answer(item, self._policy) for item in found.items]
        return json_response(PageAnswer(items=items, next_cursor=found.next_cursor))
