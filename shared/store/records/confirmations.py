"""The confirmations: submitted, read, and changed by one atomic step a fact."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.core.confirmation import SCHEMA_VERSION, Confirmation
from shared.core.dialing.dial_policy import DialPolicy
from shared.core.dialing.planned_transition import PlannedTransition, apply_fact, apply_facts
from shared.core.dialing.reconciliation import wakes
from shared.core.errors import NotFoundError, StoreUnavailableError
from shared.core.lifecycle.changes import Transition
from shared.core.lifecycle.facts import Fact, Submitted
from shared.store import keys
from shared.store.clock import StoreClock
from shared.store.records import side_effects
from shared.store.records.cap_arguments import HELD_FOR_S, cap_arguments
from shared.store.records.codec import ConfirmationRecord, decode, encode, from_time, state_word
from shared.store.records.submission import PastRequest, Submission
from shared.store.records.submission_scripts import past_submission, recall_call, submission, submit_call, time_of
from shared.store.redis.batching import BatchedScript
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Call, Script, packed, run, run_many
from shared.store.shops.audit import AuditNote
from shared.store.shops.idempotency import IdempotencyKey

_MAX_CONFLICTS = 100  # each means that another writer succeeded; more than this is a fault


class Confirmations:
    """The records. Every write can be repeated: if a reply was lost, the repeat has no second effect."""

    def __init__(self, client: Client, policy: DialPolicy, clock: StoreClock, *, dataschema: str) -> None:
        self._client = client
        self._dataschema = dataschema
        self._policy = policy
        self._clock = clock
        self._submissions = BatchedScript(client, Script.SUBMIT)

    async def submit(
        self, confirmation: Confirmation, *, idempotency: IdempotencyKey | None = None, audit: AuditNote | None = None
    ) -> Submission:
        """Store a new confirmation, created just now by Redis's clock, with its side effects; or return why it was not stored.

        Raises:
            StoreUnavailableError: It is not known whether it was stored; the same submission may be repeated.
        """
        step = self._submitted(confirmation)
        call = self._submit_call(step, idempotency, audit)
        async with translated():
            reply = await self._submissions.run(call)
        return self._submission(step, reply)

    async def submit_many(self, confirmations: Sequence[Confirmation], *, audits: Sequence[AuditNote] = ()) -> list[Submission]:
        """Submit many confirmations with one round trip, each independently; the results are in their order.

        `audits` has a note for each, or is empty.
        """
        if not confirmations:
            return []
        steps = [self._submitted(confirmation) for confirmation in confirmations]
        notes: Sequence[AuditNote | None] = audits or [None] * len(steps)
        calls = [self._submit_call(step, None, note) for step, note in zip(steps, notes, strict=True)]
        async with translated():
            replies = await run_many(self._client, Script.SUBMIT, calls)
        return [self._submission(step, reply) for step, reply in zip(steps, replies, strict=True)]

    async def recall(self, owner: str, requests: Sequence[PastRequest]) -> list[Submission | None]:
        """Return what became of requests that came before, None for those that were never accepted; stores nothing."""
        calls = [recall_call(owner, past) for past in requests]
        async with translated():
            replies = await run_many(self._client, Script.RECALL, calls)
        return [past_submission(reply, past.digest) for reply, past in zip(replies, requests, strict=True)]

    async def get(self, confirmation_id: str) -> Confirmation:
        """Return a confirmation.

        Raises:
            NotFoundError: There is none of that id.
        """
        async with translated():
            return _decoded(await self._client.get(keys.record(confirmation_id))).confirmation

    async def get_with_time(self, confirmation_id: str) -> tuple[Confirmation, datetime]:
        """Return a confirmation and the moment by Redis's clock at which it was read.

        Raises:
            NotFoundError: There is none of that id.
        """
        async with translated():
            record, now = await self._load(confirmation_id)
        return record.confirmation, now

    async def apply(
        self, confirmation_id: str, make_fact: Callable[[datetime], Fact], *, audit: AuditNote | None = None
    ) -> PlannedTransition:
        """Apply the fact that `make_fact(now)` returns; it is called again if another change came in between.

        If it changes anything, `audit` is written with the change.

        Raises:
            NotFoundError: There is none of that id.
        """
        return await self.apply_all(confirmation_id, lambda _, now: (make_fact(now),), audit=audit)

    async def apply_if(self, confirmation_id: str, choose: Callable[[Confirmation, datetime], Fact | None]) -> PlannedTransition:
        """Apply the fact that `choose(confirmation, now)` returns, or nothing if it returns None.

        A call to a number that is on the phone about another order is not begun, and is due again a second later. One that
        a cap holds is not begun either: its reconciliation, which is due at once, plans it.

        Raises:
            NotFoundError: There is none of that id.
        """

        def choose_all(confirmation: Confirmation, now: datetime) -> Sequence[Fact]:
            fact = choose(confirmation, now)
            return () if fact is None else (fact,)

        return await self.apply_all(confirmation_id, choose_all)

    async def apply_all(
        self,
        confirmation_id: str,
        choose: Callable[[Confirmation, datetime], Sequence[Fact]],
        *,
        audit: AuditNote | None = None,
    ) -> PlannedTransition:
        """Apply the facts that `choose(confirmation, now)` returns, one after the other, in one commit.

        Raises:
            NotFoundError: There is none of that id.
        """
        async with translated():
            record, now = await self._load(confirmation_id)
            for _ in range(_MAX_CONFLICTS):
                facts = choose(record.confirmation, now)
                step = apply_facts(record.confirmation, facts, self._policy, now)
                if not step.is_changed and not step.opts_out:
                    return step
                reply = await self._commit(record, step, audit)
                if reply[0] == b"done":
                    return step
                if reply[0] in {b"line_taken", b"held"}:
                    return self._unchanged(record.confirmation)
                if reply[0] == b"missing":
                    raise NotFoundError(confirmation_id)
                record, now = decode(reply[1]), time_of(reply[2])
        raise StoreUnavailableError(f"{confirmation_id} changed too often to be changed")

    def _submitted(self, confirmation: Confirmation) -> PlannedTransition:
        now = confirmation.created_at
        return apply_fact(confirmation, Submitted(now), self._policy, now)

    def _unchanged(self, confirmation: Confirmation) -> PlannedTransition:
        return PlannedTransition(Transition(confirmation), wakes(confirmation, self._policy), opts_out=False, is_changed=False)

    async def _load(self, confirmation_id: str) -> tuple[ConfirmationRecord, datetime]:
        pipe = self._client.pipeline(transaction=False)
        pipe.get(keys.record(confirmation_id))
        pipe.time()
        stored, (seconds, micros) = await pipe.execute()
        return _decoded(stored), from_time(int(seconds), int(micros))

    async def _commit(self, record: ConfirmationRecord, step: PlannedTransition, audit: AuditNote | None) -> Any:  # noqa: ANN401  # Any: the script's reply
        after = replace(step.confirmation, schema=SCHEMA_VERSION)
        is_call = side_effects.begins_call(record.confirmation, after)
        calling = (after.id, after.call.priority.value, after.shop, cap_arguments(self._policy.caps), HELD_FOR_S * 1000)
        arguments = packed(
            record.version,
            secrets.token_urlsafe(6),
            SCHEMA_VERSION,
            state_word(after),
            after.customer.phone,
            encode(after),
            [*side_effects.of_step(record.confirmation, step, self._policy, self._dataschema), *_effects_of(audit)],
            *(calling if is_call else ()),
        )
        return await run(self._client, Script.COMMIT, keys=[keys.record(after.id)], args=[arguments])

    def _submit_call(self, step: PlannedTransition, idempotency: IdempotencyKey | None, audit: AuditNote | None) -> Call:
        effects = [*side_effects.of_submission(step, self._policy, self._dataschema), *_effects_of(audit)]
        return submit_call(step.confirmation, effects, idempotency)

    def _submission(self, step: PlannedTransition, reply: list[bytes]) -> Submission:
        self._clock.learn(time_of(reply[1]))
        return submission(step.confirmation, reply)


def _effects_of(audit: AuditNote | None) -> list[side_effects.SideEffect]:
    return [] if audit is None else [audit.effect()]


def _decoded(stored: bytes | None) -> ConfirmationRecord:
    if stored is None:
        raise NotFoundError("no such confirmation")
    return decode(stored)
