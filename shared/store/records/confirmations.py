"""The confirmations: taken in, read, and changed by one atomic step a fact."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from shared.core.confirmation import SCHEMA_VERSION, Confirmation
from shared.core.dialing.advance import Step, advance, advance_all
from shared.core.dialing.dial_policy import DialPolicy
from shared.core.dialing.upkeep import wakes
from shared.core.errors import NotFoundError, StoreUnavailableError
from shared.core.lifecycle.changes import Transition
from shared.core.lifecycle.facts import Fact, Submitted
from shared.store import keys
from shared.store.clock import StoreClock
from shared.store.records import side_effects
from shared.store.records.codec import Record, decode, encode, from_time, state_word
from shared.store.records.submission import (
    AlreadyOpen,
    Created,
    FirstAnswer,
    Gone,
    OptedOut,
    PastRequest,
    Replayed,
    Submission,
)
from shared.store.redis.batching import Gathering
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Call, Script, packed, run, run_many
from shared.store.shops.idempotency import KEY_LIFE, IdempotencyKey, KeyConflict

_MOST_CONFLICTS = 100  # each means that somebody else got on; more is a fault


class Confirmations:
    """The records. Every write can be repeated: a reply that got lost has no second effect."""

    def __init__(self, client: Client, policy: DialPolicy, clock: StoreClock, *, dataschema: str) -> None:
        self._client = client
        self._dataschema = dataschema
        self._policy = policy
        self._clock = clock
        self._submissions = Gathering(client, Script.SUBMIT)

    async def submit(self, confirmation: Confirmation, *, idempotency: IdempotencyKey | None = None) -> Submission:
        """Take in an order that was made just now by Redis's clock, with all that follows from it, or say why not.

        Raises:
            StoreUnavailableError: Nothing is known to be stored; the same submission may be repeated.
        """
        step = self._planned(confirmation)
        call = self._submit_call(step, idempotency)
        async with translated():
            reply = await self._submissions.run(call)
        return self._submission(step, reply)

    async def submit_many(self, confirmations: Sequence[Confirmation]) -> list[Submission]:
        """Take many orders in with one round trip; each stands for itself, in order."""
        if not confirmations:
            return []
        steps = [self._planned(confirmation) for confirmation in confirmations]
        calls = [self._submit_call(step, None) for step in steps]
        async with translated():
            replies = await run_many(self._client, Script.SUBMIT, calls)
        return [self._submission(step, reply) for step, reply in zip(steps, replies, strict=True)]

    async def recall(self, shop: str, requests: Sequence[PastRequest]) -> list[Submission | None]:
        """Return what became of requests when they came before, None for those that never were taken in; stores nothing."""
        calls = [
            (
                [keys.orders(shop), "" if past.key is None else keys.idempotency(shop, past.key)],
                [past.order_id, past.digest],
            )
            for past in requests
        ]
        async with translated():
            replies = await run_many(self._client, Script.RECALL, calls)
        return [_recalled(reply, past.digest) for reply, past in zip(replies, requests, strict=True)]

    async def get(self, confirmation_id: str) -> Confirmation:
        """Return a confirmation.

        Raises:
            NotFoundError: There is none of that id.
        """
        async with translated():
            return _decoded(await self._client.get(keys.record(confirmation_id))).confirmation

    async def look(self, confirmation_id: str) -> tuple[Confirmation, datetime]:
        """Return a confirmation, and the very moment by Redis's clock: what came due by it is due, not a millisecond early.

        Raises:
            NotFoundError: There is none of that id.
        """
        async with translated():
            record, now = await self._load(confirmation_id)
        return record.confirmation, now

    async def apply(self, confirmation_id: str, make_fact: Callable[[datetime], Fact]) -> Step:
        """Apply the fact that `make_fact(now)` returns; called again where another change came in between.

        Raises:
            NotFoundError: There is none of that id.
        """
        return await self.apply_if(confirmation_id, lambda _, now: make_fact(now))

    async def apply_if(self, confirmation_id: str, choose: Callable[[Confirmation, datetime], Fact | None]) -> Step:
        """Apply the fact that `choose(confirmation, now)` returns, or nothing where it returns None.

        A call to a number that is on the phone about another order is not begun, and comes due again a second later.

        Raises:
            NotFoundError: There is none of that id.
        """

        def choose_all(confirmation: Confirmation, now: datetime) -> Sequence[Fact]:
            fact = choose(confirmation, now)
            return () if fact is None else (fact,)

        return await self.apply_all(confirmation_id, choose_all)

    async def apply_all(self, confirmation_id: str, choose: Callable[[Confirmation, datetime], Sequence[Fact]]) -> Step:
        """Apply the facts that `choose(confirmation, now)` returns, one after the other, in one commit.

        Raises:
            NotFoundError: There is none of that id.
        """
        async with translated():
            record, now = await self._load(confirmation_id)
            for _ in range(_MOST_CONFLICTS):
                facts = choose(record.confirmation, now)
                step = advance_all(record.confirmation, facts, self._policy, now)
                if not step.is_changed and not step.opts_out:
                    return step
                reply = await self._commit(record, step)
                if reply[0] == b"done":
                    return step
                if reply[0] == b"line_taken":
                    return self._unchanged(record.confirmation)
                if reply[0] == b"missing":
                    raise NotFoundError(confirmation_id)
                record, now = decode(reply[1]), _moment(reply[2])
        raise StoreUnavailableError(f"{confirmation_id} changed too often to be changed")

    def _planned(self, confirmation: Confirmation) -> Step:
        now = confirmation.created_at
        return advance(confirmation, Submitted(now), self._policy, now)

    def _unchanged(self, confirmation: Confirmation) -> Step:
        return Step(Transition(confirmation), wakes(confirmation, self._policy), opts_out=False, is_changed=False)

    async def _load(self, confirmation_id: str) -> tuple[Record, datetime]:
        pipe = self._client.pipeline(transaction=False)
        pipe.get(keys.record(confirmation_id))
        pipe.time()
        stored, (seconds, micros) = await pipe.execute()
        return _decoded(stored), from_time(int(seconds), int(micros))

    async def _commit(self, record: Record, step: Step) -> Any:  # noqa: ANN401 - the script's reply
        after = replace(step.confirmation, schema=SCHEMA_VERSION)
        follow = side_effects.of_step(record.confirmation, step, self._policy, self._dataschema)
        line = side_effects.line_wanted(record.confirmation, after)
        told = packed(
            record.version,
            secrets.token_urlsafe(6),
            SCHEMA_VERSION,
            state_word(after),
            encode(after),
            follow,
            *(() if line is None else (line, after.id, after.call.priority.value, after.shop)),
        )
        return await run(self._client, Script.COMMIT, keys=[keys.record(after.id)], args=[told])

    def _submit_call(self, step: Step, idempotency: IdempotencyKey | None) -> Call:
        new = step.confirmation
        named = "" if idempotency is None else keys.idempotency(new.shop, idempotency.key)
        told = packed(
            new.id,
            new.order.id,
            new.customer.phone,
            "" if idempotency is None else idempotency.digest,
            int(KEY_LIFE.total_seconds() * 1000),
            "" if idempotency is None else msgspec.json.encode(FirstAnswer.to(new)).decode(),
            SCHEMA_VERSION,
            state_word(new),
            encode(new),
            side_effects.of_submission(step, self._policy, self._dataschema),
        )
        return [keys.record(new.id), keys.orders(new.shop), keys.opt_outs(new.shop), named], [told]

    def _submission(self, step: Step, reply: list[bytes]) -> Submission:
        self._clock.learn(_moment(reply[1]))
        digest = step.confirmation.request_digest
        match reply[0]:
            case b"created":
                return Created(step.confirmation)
            case b"opted_out":
                return OptedOut()
            case _:
                return _known(reply, digest)


def _known(reply: list[bytes], digest: str) -> Submission:
    """Return what stood in the way of a new confirmation."""
    match reply[0]:
        case b"open":
            return _already_open(reply[2], digest)
        case b"key_conflict":
            return KeyConflict()
        case _:
            return Replayed(_first(reply, digest))


def _recalled(reply: list[bytes], digest: str) -> Submission | None:
    """Return what became of a request; an order that is open by another request says nothing of this one."""
    known = None if reply[0] == b"unknown" else _known(reply, digest)
    return None if isinstance(known, AlreadyOpen) and not known.is_same else known


def _first(reply: list[bytes], digest: str) -> Created | AlreadyOpen | OptedOut | Gone:
    match reply[2]:
        case b"created":
            first = msgspec.json.decode(reply[3], type=FirstAnswer)
            return Created(first.restore(decode(reply[4]).confirmation))
        case b"open":
            return _already_open(reply[4], digest)
        case b"erased":
            return Gone()
        case _:
            return OptedOut()


def _already_open(stored: bytes, digest: str) -> AlreadyOpen:
    confirmation = decode(stored).confirmation
    return AlreadyOpen(confirmation, is_same=confirmation.request_digest == digest)


def _decoded(stored: bytes | None) -> Record:
    if stored is None:
        raise NotFoundError("no such confirmation")
    return decode(stored)


def _moment(time: bytes) -> datetime:
    seconds, _, micros = time.partition(b".")
    return from_time(int(seconds), int(micros))
