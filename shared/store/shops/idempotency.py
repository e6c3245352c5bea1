"""Idempotency keys. A submission handles its own atomically; any other request claims its key, and a claim expires by itself."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from shared.store import keys
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, run

KEY_LIFE = timedelta(days=7)
CLAIM_LIFE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The key that the shop gave its request, and a digest (hexadecimal) of that request: path and body."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """The caller is to answer the request, within `CLAIM_LIFE`."""

    shop: str
    key: str
    token: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The request was answered before: this is the answer, or what is needed to give it again."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class KeyConflict:
    """The idempotency key was used for another request."""


@dataclass(frozen=True, slots=True)
class KeyInProgress:
    """The first request with this idempotency key is not answered yet. This happens to claims only: a submission is atomic."""


class Idempotency:
    """Claims on keys, for requests that take several steps in Redis, such as bulk orders."""

    def __init__(self, client: Client, *, claim_life: timedelta = CLAIM_LIFE) -> None:
        self._client = client
        self._claim_life_ms = int(claim_life.total_seconds() * 1000)

    async def claim(self, shop: str, key: IdempotencyKey) -> Claimed | Answered | KeyConflict | KeyInProgress:
        """Claim the key before the work; a caller that gets `Claimed` must call `answer` or `abandon`."""
        token = secrets.token_urlsafe(9)
        async with translated():
            reply = await run(
                self._client,
                Script.CLAIM_IDEMPOTENCY_KEY,
                keys=[keys.idempotency(shop, key.key), keys.idempotency_by_key(shop, key.key)],
                args=[key.digest, token, self._claim_life_ms],
            )
        match reply[0]:
            case b"claimed":
                return Claimed(shop, key.key, token)
            case b"answered":
                status, _, body = reply[1].partition(b" ")
                return Answered(int(status), body)
            case b"conflict":
                return KeyConflict()
            case _:
                return KeyInProgress()

    async def answer(self, claim: Claimed, answer: Answered) -> None:
        """Store the answer for repeats of the request."""
        await self._settle(claim, b"%d %s" % (answer.status, answer.body))

    async def abandon(self, claim: Claimed) -> None:
        """Free the key: the request was refused, and may be repeated with another body."""
        await self._settle(claim, b"")

    async def _settle(self, claim: Claimed, answer: bytes) -> None:
        life_ms = int(KEY_LIFE.total_seconds() * 1000)
        async with translated():
            await run(
                self._client,
                Script.ANSWER_IDEMPOTENCY_KEY,
                keys=[keys.idempotency(claim.shop, claim.key)],
                args=[claim.token, life_ms, answer],
            )
