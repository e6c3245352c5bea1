"""Stores the endpoints to which shops want their events sent; their secrets are sealed."""

from dataclasses import replace

import msgspec

from shared.core.errors import ConfirmerError, NotFoundError
from shared.core.test_data import owner_of
from shared.core.webhook_endpoints.endpoint import Endpoint
from shared.store import keys
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, Word, run
from shared.store.sealing import Sealer
from shared.store.shops.audit import AuditNote, argument_of

MAX_PER_SHOP = 10

_decoder = msgspec.json.Decoder(Endpoint)
_encoder = msgspec.json.Encoder()


class TooManyEndpointsError(ConfirmerError):
    """The shop has as many endpoints as it may have."""


class Webhooks:
    """The endpoints of each shop. The commit that publishes an event also puts it into the lanes of the endpoints that want it."""

    def __init__(self, client: Client, sealer: Sealer) -> None:
        self._client = client
        self._sealer = sealer

    async def save(self, endpoint: Endpoint, *, audit: AuditNote | None = None) -> None:
        """Store a new endpoint, or a changed one, and the note in the audit.

        Raises:
            TooManyEndpointsError: It is new, and the shop has `MAX_PER_SHOP` already.
        """
        types = "" if endpoint.disabled_because else " ".join(kind.value for kind in endpoint.events)
        args: list[Word] = [
            endpoint.id,
            _owner(endpoint),
            _encoder.encode(self._sealed(endpoint)),
            types,
            MAX_PER_SHOP,
            argument_of(audit),
        ]
        async with translated():
            answer = await run(self._client, Script.SAVE_ENDPOINT, args=args)
        if answer == b"too_many":
            raise TooManyEndpointsError(endpoint.shop)

    async def get(self, endpoint_id: str) -> Endpoint:
        """Return an endpoint.

        Raises:
            NotFoundError: There is none of that id.
            UnreadableSecretError: Its secret was sealed with a key that we do not have.
        """
        async with translated():
            stored = await self._client.get(keys.webhook(endpoint_id))
        if stored is None:
            raise NotFoundError("no such endpoint")
        return self._opened(stored)

    async def list(self, owner: str) -> list[Endpoint]:
        """Return the endpoints of a shop, or of its test keys (`owner_of`), oldest first.

        Raises:
            UnreadableSecretError: A secret was sealed with a key that we do not have.
        """
        async with translated():
            ids = sorted(endpoint_id.decode() for endpoint_id in await self._client.hkeys(keys.webhooks(owner)))
            stored = await self._client.mget([keys.webhook(endpoint_id) for endpoint_id in ids]) if ids else []
        return [self._opened(endpoint) for endpoint in stored if endpoint is not None]

    async def drop(self, endpoint: Endpoint, *, audit: AuditNote | None = None) -> bool:
        """Remove an endpoint and all that waits for it, with the note in the audit; return False if there was none."""
        async with translated():
            return bool(await run(self._client, Script.DROP_ENDPOINT, args=[endpoint.id, _owner(endpoint), argument_of(audit)]))

    def _sealed(self, endpoint: Endpoint) -> Endpoint:
        seal = self._sealer.seal
        return replace(endpoint, secret=seal(endpoint.secret), old_secret=seal(endpoint.old_secret))

    def _opened(self, stored: bytes) -> Endpoint:
        endpoint, opened = _decoder.decode(stored), self._sealer.open
        return replace(endpoint, secret=opened(endpoint.secret), old_secret=opened(endpoint.old_secret))


def _owner(endpoint: Endpoint) -> str:
    return owner_of(endpoint.shop, is_test=endpoint.is_test)
