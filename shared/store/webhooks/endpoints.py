"""Stores the endpoints to which shops want their events sent; their secrets are sealed.

A secret that none of our keys opens stays as it is stored: the endpoint can still be listed, changed and deleted, and a new
secret replaces the lost one.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import msgspec

from shared.core.errors import ConfirmerError, NotFoundError, StoreUnavailableError
from shared.core.test_data import owner_of
from shared.core.webhook_endpoints.endpoint import Endpoint
from shared.store import keys
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, Word, run
from shared.store.sealing import Resealing, Sealer, UnreadableSecretError, is_sealed
from shared.store.shops.audit import AuditNote, argument_of

MAX_PER_SHOP = 10

_decoder = msgspec.json.Decoder(Endpoint)
_encoder = msgspec.json.Encoder()
_SCAN_COUNT = 1000
_MAX_CONFLICTS = 10  # each means that somebody saved the endpoint in between


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
        """
        async with translated():
            stored = await self._client.get(keys.webhook(endpoint_id))
        if stored is None:
            raise NotFoundError("no such endpoint")
        return self._opened(stored)

    async def list(self, owner: str) -> list[Endpoint]:
        """Return the endpoints of a shop, or of its test keys (`owner_of`), oldest first."""
        async with translated():
            ids = sorted(endpoint_id.decode() for endpoint_id in await self._client.hkeys(keys.webhooks(owner)))
            stored = await self._client.mget([keys.webhook(endpoint_id) for endpoint_id in ids]) if ids else []
        return [self._opened(endpoint) for endpoint in stored if endpoint is not None]

    async def drop(self, endpoint: Endpoint, *, audit: AuditNote | None = None) -> bool:
        """Remove an endpoint and all that waits for it, with the note in the audit; return False if there was none."""
        async with translated():
            return bool(await run(self._client, Script.DROP_ENDPOINT, args=[endpoint.id, _owner(endpoint), argument_of(audit)]))

    async def all_ids(self) -> Sequence[str]:
        """Return the ids of the endpoints of all shops, oldest first."""
        pattern, cursor = keys.webhooks("*"), 0
        found: set[bytes] = set()
        while True:
            async with translated():
                cursor, names = await self._client.scan(cursor, match=pattern, count=_SCAN_COUNT)
                for name in names:
                    found.update(await self._client.hkeys(name))
            if cursor == 0:
                return sorted(endpoint_id.decode() for endpoint_id in found)

    async def reseal(self, endpoint_id: str, make_note: Callable[[Endpoint], AuditNote], *, now: datetime) -> Resealing:
        """Seal an endpoint's secrets with the newest key, with the note in the audit; a change in between is not undone.

        An old secret whose day beside the new one is over at `now` is dropped.
        """
        for _ in range(_MAX_CONFLICTS):
            async with translated():
                stored = await self._client.get(keys.webhook(endpoint_id))
            if stored is None:
                return Resealing.GONE
            kept, opened = _decoder.decode(stored), _without_expired_secret(self._opened(stored), now)
            if is_sealed(opened.secret) or is_sealed(opened.old_secret):
                return Resealing.UNREADABLE
            if all(map(self._sealer.is_sealed_with_newest, (kept.secret, kept.old_secret))):
                return Resealing.AS_IT_WAS
            note = argument_of(make_note(kept))
            async with translated():
                sealed = _encoder.encode(self._sealed(opened))
                if await run(self._client, Script.REPLACE_TEXT, keys=[keys.webhook(endpoint_id)], args=[stored, sealed, note]):
                    return Resealing.SEALED_ANEW
        raise StoreUnavailableError(f"{endpoint_id} changed too often to be sealed")

    def _sealed(self, endpoint: Endpoint) -> Endpoint:
        return replace(endpoint, secret=self._seal(endpoint.secret), old_secret=self._seal(endpoint.old_secret))

    def _opened(self, stored: bytes) -> Endpoint:
        endpoint = _decoder.decode(stored)
        return replace(endpoint, secret=self._open(endpoint.secret), old_secret=self._open(endpoint.old_secret))

    def _seal(self, secret: str) -> str:
        return secret if is_sealed(secret) else self._sealer.seal(secret)

    def _open(self, stored: str) -> str:
        try:
            return self._sealer.open(stored)
        except UnreadableSecretError:
            return stored


def _without_expired_secret(endpoint: Endpoint, now: datetime) -> Endpoint:
    is_good = endpoint.old_secret_until is not None and now < endpoint.old_secret_until
    return endpoint if is_good else replace(endpoint, old_secret="", old_secret_until=None)


def _owner(endpoint: Endpoint) -> str:
    return owner_of(endpoint.shop, is_test=endpoint.is_test)
