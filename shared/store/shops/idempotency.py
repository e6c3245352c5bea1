"""Idempotency keys: of one order inside its submission, of any other request by a claim that comes free by itself."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from shared.store import keys
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, run

KEY_LIFE = timedelta(days=7)
IN_HAND = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """What the shop named its request, and a digest (hexadecimal) of that request: path and body."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """The request is ours to answer, within 30 s."""

    shop: str
    key: str
    token: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The request was answered before: this is the answer, or what it can be given again from."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class KeyConflict:
    """The idempotency key was used for another request."""


@dataclass(frozen=True, slots=True)
class KeyInHand:
    """The first request with this idempotency key is not answered yet (only of claims; a submission is atomic)."""


class Idempotency:
    """Claims on keys, for requests that are no single step in Redis, such as bulk orders."""

    def __init__(self, client: Client, *, in_hand: timedelta = IN_HAND) -> None:
        self._client = client
        self._in_hand_ms = int(in_hand.total_seconds() * 1000)

    async def claim(self, shop: str, key: IdempotencyKey) -> Claimed | Answered | KeyConflict | KeyInHand:
        """Claim the key before the work; whoever is given `Claimed` calls `answer` or `abandon`."""
        token = secrets.token_urlsafe(9)
        async with translated():
            reply = await run(
                self._client,
                Script.CLAIM_KEY,
                keys=[keys.idempotency(shop, key.key)],
                args=[key.digest, token, self._in_hand_ms],
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
                return KeyInHand()

    async def answer(self, claim: Claimed, answer: Answered) -> None:
        """Keep the answer for whoever repeats the request."""
        await self._settle(claim, b"%d %s" % (answer.status, answer.body))

    async def abandon(self, claim: Claimed) -> None:
        """Free the key: the request was refused, and may be repeated in another form."""
        await self._settle(claim, b"")

    async def _settle(self, claim: Claimed, answer: bytes) -> None:
        life_ms = int(KEY_LIFE.total_seconds() * 1000)
        place = [keys.idempotency(claim.shop, claim.key)]
        async with translated():
            await run(self._client, Script.ANSWER_KEY, keys=place, args=[claim.token, life_ms, answer])
