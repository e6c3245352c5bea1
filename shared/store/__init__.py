"""All that is stored: the only package that knows a Redis key. `connect` makes a `Store`; one of each per process."""

import asyncio
import secrets
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

from shared.core.dialing.dial_policy import DialPolicy
from shared.core.lifecycle.envelope import DATASCHEMA_PATH
from shared.store import keys
from shared.store.clock import StoreClock
from shared.store.dialing.caller_ids import CallerIds
from shared.store.dialing.caps import CallCaps, HeldOrder
from shared.store.dialing.circuit import Circuit, OpenCircuit
from shared.store.dialing.crash_counts import MAX_RESTARTS, CrashCounts, Parked, Work
from shared.store.dialing.due import DialGrant, DialWait, Due, Limits, WaitReason
from shared.store.dialing.inbound_calls import InboundCalls
from shared.store.erasure.aof_rewrites import AofRewrites, Rewrite
from shared.store.erasure.customers import CustomerErasure, Customers
from shared.store.erasure.eraser import Erased, Eraser, RetainedUnread
from shared.store.erasure.unreadable_records import ReadableError, UnreadableRecords
from shared.store.records.confirmation_watch import ConfirmationWatch, ConfirmationWatches
from shared.store.records.confirmations import Confirmations
from shared.store.records.events import Events, StoredEvent
from shared.store.records.lookups import Lookups, Page
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
from shared.store.records.transcripts import Speaker, Transcripts, Turn
from shared.store.redis.config_check import warnings
from shared.store.redis.connection import Client, NoRetry, close_client, open_client, set_time_budget, translated
from shared.store.redis.notifications import Notifications
from shared.store.redis.rights import missing_right
from shared.store.sealing import Resealing, Sealer
from shared.store.shops.audit import Audit, AuditAction, AuditEntry, AuditNote, AuditPage
from shared.store.shops.idempotency import Answered, Claimed, Idempotency, IdempotencyKey, KeyConflict, KeyInProgress
from shared.store.shops.opt_outs import OptOut, OptOuts
from shared.store.shops.rate_limits import Allowance, RateLimits
from shared.store.webhooks.deliveries import DeadLetter, Deliveries, LaneCounts, Message, Settled
from shared.store.webhooks.endpoints import TooManyEndpointsError, Webhooks

__all__ = [
    "MAX_RESTARTS",
    "Allowance",
    "AlreadyErased",
    "AlreadyOpen",
    "Answered",
    "Audit",
    "AuditAction",
    "AuditEntry",
    "AuditNote",
    "AuditPage",
    "Claimed",
    "ConfirmationWatch",
    "CrashCounts",
    "Created",
    "CustomerErasure",
    "DeadLetter",
    "DialGrant",
    "DialWait",
    "Erased",
    "FirstAnswer",
    "HeldOrder",
    "IdempotencyKey",
    "KeyConflict",
    "KeyInProgress",
    "LaneCounts",
    "Limits",
    "Message",
    "OpenCircuit",
    "OptOut",
    "OptedOut",
    "Page",
    "Parked",
    "PastRequest",
    "RateLimits",
    "ReadableError",
    "Replayed",
    "Resealing",
    "RetainedUnread",
    "Rewrite",
    "Settled",
    "Speaker",
    "Store",
    "StoredEvent",
    "Submission",
    "TooManyEndpointsError",
    "Turn",
    "UnreadableRecords",
    "WaitReason",
    "Work",
    "connect",
    "set_time_budget",
]

_NO_LIMITS = Limits(calls_per_second=1, max_concurrent_calls=1)


@dataclass(frozen=True, slots=True)
class DialingStore:
    """What decides which call is placed next: due times, caps, the account's circuit, crashes of jobs, numbers to call from.

    `model_circuit` says whether calls are held by voice or by key.
    """

    due: Due
    caps: CallCaps
    circuit: Circuit
    model_circuit: Circuit
    crash_counts: CrashCounts
    caller_ids: CallerIds
    inbound_calls: InboundCalls


@dataclass(frozen=True, slots=True)
class ErasureStore:
    """What erases: confirmations whose time is over, all of a customer's, and records that nobody can read."""

    eraser: Eraser
    customers: Customers
    unreadable_records: UnreadableRecords
    aof_rewrites: AofRewrites


@dataclass(frozen=True, slots=True)
class Store:
    """The whole store over one connection pool."""

    client: Client
    clock: StoreClock
    confirmations: Confirmations
    lookups: Lookups
    events: Events
    idempotency: Idempotency
    dialing: DialingStore
    erasure: ErasureStore
    notifications: Notifications
    confirmation_watches: ConfirmationWatches
    opt_outs: OptOuts
    transcripts: Transcripts
    webhooks: Webhooks
    deliveries: Deliveries
    audit: Audit

    async def now(self) -> datetime:
        """Return the present moment by Redis's clock (aware UTC).

        Raises:
            StoreUnavailableError: Redis did not answer.
        """
        known = self.clock.known()
        if known is not None:
            return known
        async with translated():
            return await self.clock.now()

    def due_notifications(self) -> AbstractAsyncContextManager[asyncio.Event]:
        """Subscribe to what becomes due at once; `notifications` must be running."""
        return self.notifications.subscribe(keys.DUE_CHANNEL)

    def event_notifications(self, shop: str, *, confirmation_id: str | None = None) -> AbstractAsyncContextManager[asyncio.Event]:
        """Subscribe to the shop's events, all or those of one confirmation; `notifications` must be running."""
        return self.notifications.subscribe(keys.events_channel(shop), subject=confirmation_id)

    async def warnings(self) -> list[str]:
        """Return what is wrong with Redis's settings, one sentence each."""
        return await warnings(self.client)

    async def ping(self) -> None:
        """Ask Redis whether it answers.

        Raises:
            StoreUnavailableError: It did not within a second and a half.
        """
        async with translated(1.5):
            await self.client.ping()

    async def missing_right(self) -> str | None:
        """Return which right in Redis our user lacks; None if it lacks none."""
        return await missing_right(self.client)

    async def identity(self) -> str:
        """Return the random name that this store gave itself when first asked; another or an emptied store has another name."""
        pipe = self.client.pipeline(transaction=True)
        pipe.set(keys.IDENTITY, secrets.token_hex(8), nx=True)
        pipe.get(keys.IDENTITY)
        async with translated():
            _, name = await pipe.execute()
        return str(name.decode())

    async def close(self) -> None:
        """Close the connections."""
        await self.notifications.close()
        await close_client(self.client)


def connect(
    redis_url: str, policy: DialPolicy, limits: Limits = _NO_LIMITS, *, public_url: str = "", encryption_keys: tuple[str, ...] = ()
) -> Store:
    """Return the store behind `redis_url`; it connects at its first use.

    Only the dialer needs `limits`, and only programs that store or use secrets need `encryption_keys`. `public_url` is the
    origin under which events name their schema.
    """
    client = open_client(redis_url)
    clock = StoreClock(client)
    dataschema = public_url + DATASCHEMA_PATH
    confirmations = Confirmations(client, policy, clock, dataschema=dataschema)
    notifications = Notifications(open_client(redis_url, retry=NoRetry()))
    lookups, eraser, sealer = Lookups(client), Eraser(client, policy), Sealer(encryption_keys)
    audit = Audit(client, sealer, keep_days=policy.retention_days)
    return Store(
        client=client,
        clock=clock,
        confirmations=confirmations,
        lookups=lookups,
        dialing=DialingStore(
            due=Due(client, limits, policy.caps),
            caps=CallCaps(client, policy.caps),
            circuit=Circuit(client, keys.CIRCUIT, probe_every_s=limits.probe_every_s),
            model_circuit=Circuit(client, keys.MODEL_CIRCUIT, probe_every_s=limits.probe_every_s),
            crash_counts=CrashCounts(client, policy),
            caller_ids=CallerIds(client),
            inbound_calls=InboundCalls(client),
        ),
        erasure=ErasureStore(
            eraser=eraser,
            customers=Customers(client, lookups, confirmations, eraser=eraser, audit=audit),
            unreadable_records=UnreadableRecords(client),
            aof_rewrites=AofRewrites(client),
        ),
        events=Events(client, dataschema=dataschema),
        idempotency=Idempotency(client),
        notifications=notifications,
        confirmation_watches=ConfirmationWatches(notifications, confirmations),
        opt_outs=OptOuts(client),
        transcripts=Transcripts(client),
        webhooks=Webhooks(client, sealer),
        deliveries=Deliveries(client, dataschema=dataschema),
        audit=audit,
    )
