"""API keys: which shop sends a request. Keys are compared by digest, so that the time of a comparison reveals nothing."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from services.webhook.api.wrong_keys import WrongKeys
from services.webhook.http.method_routes import RequestHandler
from services.webhook.http.problems import ProblemError, ProblemKind
from shared.core.test_data import owner_of
from shared.runtime.client_address import client_address

TEST_KEY_PREFIX = "test_"

ShopRequestHandler = Callable[[Request, str], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request: the shop, and a name for its key from which the key can't be found.

    Nobody is phoned about an order that comes with a test key.
    """

    shop: str
    key_name: str
    is_test: bool = False

    @property
    def owner(self) -> str:
        """The name under which the data are kept that the caller may see and change."""
        return owner_of(self.shop, is_test=self.is_test)


class ApiKeys:
    """The API keys of all shops; `shops` maps each key to its shop."""

    def __init__(self, shops: Mapping[str, str]) -> None:
        self._shops = {_digest(key.encode()): shop for key, shop in shops.items()}
        self._wrong = WrongKeys()

    def caller(self, authorization: str | None) -> Caller:
        """Return the caller, by the value of the `Authorization` header.

        Raises:
            ProblemError: There is no key, or it is not known.
        """
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise _unauthorized("Send your key in the header Authorization: Bearer KEY.", 'Bearer realm="confirmations"')
        digest = _digest(key.strip().encode("latin-1"))
        shop = self._shops.get(digest)
        if shop is None:
            raise _unauthorized("The key is not known.", 'Bearer realm="confirmations", error="invalid_token"')
        return Caller(shop, digest.hex()[:8], is_test=key.strip().startswith(TEST_KEY_PREFIX))

    def secured(self, handler: ShopRequestHandler) -> RequestHandler:
        """Return `handler` behind a check of the key; it is called with the shop."""

        async def answer(request: Request) -> Response:
            caller = self._caller_of(request)
            request.state.caller = caller
            return await handler(request, caller.shop)

        return answer

    def _caller_of(self, request: Request) -> Caller:
        """Return the caller; wrong keys are counted by address, and a right one passes whatever their count.

        Raises:
            ProblemError: There is no key, it is not known, or the address has sent too many such.
        """
        try:
            return self.caller(request.headers.get("authorization"))
        except ProblemError:
            if request.headers.get("authorization") is None:
                raise
            self._wrong.count(client_address(request.client and request.client.host, request.headers.get("x-forwarded-for")))
            raise


def _digest(key: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=32).digest()


def _unauthorized(detail: str, challenge: str) -> ProblemError:
    return ProblemError(ProblemKind.UNAUTHORIZED, detail, headers={"www-authenticate": challenge})
