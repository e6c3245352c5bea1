"""All that is stored: the only package that knows a Redis key. `connect` makes a `Store`; one of each per process."""

from dataclasses import dataclass
from datetime import datetime

from shared.core.dial_policy import DialPolicy
from shared.store.caller_ids import CallerIds
from shared.store.circuit import Circuit, OpenCircuit
from shared.store.clock import StoreClock
from shared.store.confirmations import Confirmations
from shared.store.connection import Client, open_client, translated
from shared.store.due import Due, Grant, Hold, Limits, Wait
from shared.store.idempotency import IdempotencyKey
from shared.store.lookups import Eraser, Lookups, Page
from shared.store.opt_outs import OptOut, OptOuts
from shared.store.submission import (
    AlreadyOpen,
    Created,
    KeyConflict,
    KeyInHand,
    OptedOut,
    Replayed,
    Submission,
)
from shared.store.transcripts import Speaker, Transcripts, Turn

__all__ = [
    "AlreadyOpen",
    "Created",
    "Grant",
    "Hold",
    "IdempotencyKey",
    "KeyConflict",
    "KeyInHand",
    "Limits",
    "OpenCircuit",
    "OptOut",
    "OptedOut",
    "Page",
    "Replayed",
    "Speaker",
    "Store",
    "Submission",
    "Turn",
    "Wait",
    "connect",
]

_NO_LIMITS = Limits(calls_per_second=1, max_concurrent_calls=1)


@dataclass(frozen=True, slots=True)
class Store:
    """The whole store over one connection pool."""

    client: Client
    clock: StoreClock
    confirmations: Confirmations
    lookups: Lookups
    eraser: Eraser
    due: Due
    circuit: Circuit
    opt_outs: OptOuts
    transcripts: Transcripts
    caller_ids: CallerIds

    async def now(self) -> datetime:
        """Return the present moment by Redis's clock (aware UTC).

        Raises:
            StoreUnavailableError: Redis did not answer.
        """
        async with translated():
            return await self.clock.now()

    async def ping(self) -> None:
        """Ask Redis for a sign of life.

        Raises:
            StoreUnavailableError: There was none within a second and a half.
        """
        async with translated(1.5):
            await self.client.ping()

    async def close(self) -> None:
        """Close the connections."""
        await self.client.aclose()


def connect(redis_url: str, policy: DialPolicy, limits: Limits = _NO_LIMITS) -> Store:
    """Return the store behind `redis_url`; it connects at its first use. Only the dialer needs `limits`."""
    client = open_client(redis_url)
    clock = StoreClock(client)
    return Store(
        client=client,
        clock=clock,
        confirmations=Confirmations(client, policy, clock),
        lookups=Lookups(client),
        eraser=Eraser(client),
        due=Due(client, limits),
        circuit=Circuit(client, probe_every_s=limits.probe_every_s),
        opt_outs=OptOuts(client, clock),
        transcripts=Transcripts(client),
        caller_ids=CallerIds(client),
    )
