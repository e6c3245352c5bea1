"""The calls of the scripts `submit` and `recall`, and what their replies say about a submission. Pure."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from shared.core.confirmation import SCHEMA_VERSION, Confirmation
from shared.core.test_data import is_owner_of_tests, owner_of
from shared.store import keys
from shared.store.records.codec import decode, encode, from_time, state_word
from shared.store.records.side_effects import SideEffect
from shared.store.records.submission import (
    AlreadyErased,
    AlreadyOpen,
    Created,
    FirstAnswer,
    OptedOut,
    PastRequest,
    Replayed,
    Submission,
)
from shared.store.redis.scripts import Call, packed
from shared.store.shops.idempotency import KEY_LIFE, IdempotencyKey, KeyConflict


def submit_call(new: Confirmation, effects: Sequence[SideEffect], idempotency: IdempotencyKey | None) -> Call:
    """Return the keys and arguments of `submit` for a new confirmation and its side effects."""
    owner = owner_of(new.shop, is_test=new.is_test)
    key_names = _key_names(owner, None if idempotency is None else idempotency.key)
    arguments = packed(
        new.id,
        new.order.id,
        new.customer.phone,
        "" if idempotency is None else idempotency.digest,
        int(KEY_LIFE.total_seconds() * 1000),
        "" if idempotency is None else msgspec.json.encode(FirstAnswer.to(new)).decode(),
        SCHEMA_VERSION,
        state_word(new),
        encode(new),
        effects,
        int(new.is_test),
    )
    return [
        keys.record(new.id),
        keys.orders(owner),
        keys.opt_outs(owner),
        *key_names,
    ], [arguments]


def recall_call(owner: str, past: PastRequest) -> Call:
    """Return the keys and arguments of `recall` for a request that may have come before."""
    return [keys.orders(owner), *_key_names(owner, past.key)], [past.order_id, past.digest, int(is_owner_of_tests(owner))]


def submission(new: Confirmation, reply: list[bytes]) -> Submission:
    """Return what the reply of `submit` says about the new confirmation."""
    match reply[0]:
        case b"created":
            return Created(new)
        case b"opted_out":
            return OptedOut()
        case _:
            return _earlier_submission(reply, new.request_digest)


def past_submission(reply: list[bytes], digest: str) -> Submission | None:
    """Return what the reply of `recall` says about a request; None if the order is open because of another request."""
    found = None if reply[0] == b"unknown" else _earlier_submission(reply, digest)
    return None if isinstance(found, AlreadyOpen) and not found.is_same else found


def time_of(time: bytes) -> datetime:
    """Return the moment that a script's reply names as `SECONDS.MICROSECONDS`."""
    seconds, _, micros = time.partition(b".")
    return from_time(int(seconds), int(micros))


def _key_names(shop: str, key: str | None) -> tuple[str, str]:
    return ("", "") if key is None else (keys.idempotency(shop, key), keys.idempotency_by_key(shop, key))


def _earlier_submission(reply: list[bytes], digest: str) -> Submission:
    match reply[0]:
        case b"open":
            return _already_open(reply[2], digest)
        case b"key_conflict":
            return KeyConflict()
        case _:
            return Replayed(_first(reply, digest))


def _first(reply: list[bytes], digest: str) -> Created | AlreadyOpen | OptedOut | AlreadyErased:
    match reply[2]:
        case b"created":
            first = msgspec.json.decode(reply[3], type=FirstAnswer)
            return Created(first.restore(decode(reply[4]).confirmation))
        case b"open":
            return _already_open(reply[4], digest)
        case b"erased":
            return AlreadyErased()
        case _:
            return OptedOut()


def _already_open(stored: bytes, digest: str) -> AlreadyOpen:
    confirmation = decode(stored).confirmation
    return AlreadyOpen(confirmation, is_same=confirmation.request_digest == digest)
