"""The circuit to Twilio. An account error opens it; then it lets one probe through now and then, until one succeeds."""

from dataclasses import dataclass
from datetime import datetime

from shared.store import keys
from shared.store.records.codec import from_ms
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, run


@dataclass(frozen=True, slots=True)
class OpenCircuit:
    """Dialing is paused for all workers. `reason` is our own machine-readable word, with Twilio's code."""

    reason: str
    since: datetime
    probe_at: datetime


class Circuit:
    """One circuit for the Twilio account. `Due.admit` grants no call but probes while it is open."""

    def __init__(self, client: Client, *, probe_every_s: float) -> None:
        self._client = client
        self._probe_ms = int(probe_every_s * 1000)

    async def open(self, reason: str) -> None:
        """Pause dialing, or note that a probe failed; the first reason and moment stay."""
        async with translated():
            await run(self._client, Script.OPEN_CIRCUIT, keys=[keys.CIRCUIT], args=[reason, self._probe_ms])

    async def close(self) -> None:
        """Resume dialing."""
        async with translated():
            await self._client.delete(keys.CIRCUIT)

    async def state(self) -> OpenCircuit | None:
        """Return the open circuit, or None if it is closed."""
        async with translated():
            reason, since, probe_at = await self._client.hmget(keys.CIRCUIT, ["reason", "since", "probe_at"])
        if reason is None or since is None or probe_at is None:
            return None
        return OpenCircuit(reason.decode(), from_ms(float(since)), from_ms(float(probe_at)))
