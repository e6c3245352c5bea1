"""The shop's confirmations, newest first, page by page."""

from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.confirmations.handlers import json_response
from services.webhook.api.openapi.parameters import choice, invalid_parameter, number, parameters
from services.webhook.api.representation import confirmation_object
from shared.core.dialing.dial_policy import DialPolicy
from shared.core.ids import is_confirmation_id
from shared.core.outcome import Outcome, Status
from shared.store import Store

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class Listing:
    """`GET /v1/confirmations`."""

    def __init__(self, store: Store, policy: DialPolicy) -> None:
        self._store = store
        self._policy = policy

    async def page(self, request: Request, shop: str) -> Response:
        """Return one page; `next_cursor` leads to the one after it, null where there is none."""
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
        )
        items = [confirmation_object(item, self._policy) for item in found.items]
        return json_response({"items": items, "next_cursor": found.next_cursor})
