"""The circuit to Twilio: opened by an account error, it lets one probe through now and then, until one succeeds."""

from dataclasses import dataclass
from datetime import datetime

from shared.store import keys
from shared.store.records.codec import from_ms
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, run


@dataclass(frozen=True, slots=True)
class OpenCircuit:
    """Dialling is paused for all workers; `reason` is ours, machine-readable, with Twilio's code."""

    reason: str
    since: datetime
    probe_at: datetime


class Circuit:
    """One circuit for the Twilio account. `Due.admit` honours it."""

    def __init__(self, client: Client, *, probe_every_s: float) -> None:
        self._client = client
        self._probe_ms = int(probe_every_s * 1000)

    async def open(self, reason: str) -> None:
        """Pause dialling, or note that a probe failed; the first reason and moment stay."""
        async with translated():
            await run(self._client, Script.OPEN_CIRCUIT, keys=[keys.CIRCUIT], args=[reason, self._probe_ms])

    async def close(self) -> None:
        """Let dialling go on."""
        async with translated():
            await self._client.delete(keys.CIRCUIT)

    async def state(self) -> OpenCircuit | None:
        """Return the open circuit, or None while all is well."""
        async with translated():
            reason, since, probe_at = await self._client.hmget(keys.CIRCUIT, ["reason", "since", "probe_at"])
        if reason is None or since is None or probe_at is None:
            return None
        return OpenCircuit(reason.decode(), from_ms(float(since)), from_ms(float(probe_at)))
