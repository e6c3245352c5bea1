"""A limit on the requests of each key; every response says how many are left. Source: draft-ietf-httpapi-ratelimit-headers-11."""

import math

from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.auth import ShopRequestHandler
from services.webhook.http.middleware import HEADERS
from services.webhook.http.problems import ProblemError, ProblemKind
from shared.settings.parsers import Rate
from shared.store import Allowance, RateLimits, Store


class RateLimiter:
    """Counts the requests of each key and refuses those beyond `rate`; without a rate it refuses none."""

    def __init__(self, store: Store, rate: Rate | None) -> None:
        self._limits = None if rate is None else RateLimits(store.client, rate)
        self._policy = b"" if rate is None else f'"default";q={rate.requests};w={rate.window_s}'.encode()

    def limited(self, handler: ShopRequestHandler) -> ShopRequestHandler:
        """Return `handler` behind the limit."""
        limits = self._limits
        if limits is None:
            return handler

        async def answer(request: Request, shop: str) -> Response:
            allowance = await limits.take(request.state.caller.key_name)  # while Redis is away this is a 503: no limit, no answer
            request.scope["state"][HEADERS] += self._headers(allowance)
            if not allowance.is_allowed:
                seconds = max(1, math.ceil(allowance.more_in_s))
                detail = f"This key may make no more requests for {seconds} s."
                raise ProblemError(ProblemKind.TOO_MANY_REQUESTS, detail, headers={"retry-after": str(seconds)})
            return await handler(request, shop)

        return answer

    def _headers(self, allowance: Allowance) -> list[tuple[bytes, bytes]]:
        left = f'"default";r={allowance.remaining};t={math.ceil(allowance.more_in_s)}'
        return [(b"ratelimit-policy", self._policy), (b"ratelimit", left.encode())]
