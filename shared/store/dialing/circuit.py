"""The circuits to Twilio and to the speech model. An account error opens one; then probes pass now and then, until one succeeds."""

from dataclasses import dataclass
from datetime import datetime

from shared.store.records.codec import from_ms
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, run


@dataclass(frozen=True, slots=True)
class OpenCircuit:
    """The vendor is left alone by all processes. `reason` is our own machine-readable word, with the vendor's code."""

    reason: str
    since: datetime
    probe_at: datetime


class Circuit:
    """One circuit for an account. While Twilio's is open, `Due.admit` grants no call but probes."""

    def __init__(self, client: Client, key: str, *, probe_every_s: float) -> None:
        self._client = client
        self._key = key
        self._probe_ms = int(probe_every_s * 1000)

    async def open(self, reason: str) -> None:
        """Open it, or note that a probe failed; the first reason and moment stay."""
        async with translated():
            await run(self._client, Script.OPEN_CIRCUIT, keys=[self._key], args=[reason, self._probe_ms])

    async def close(self) -> None:
        """Close it."""
        async with translated():
            await self._client.hdel(self._key, "reason", "since", "probe_at")

    async def claim_probe(self) -> bool:
        """Return whether the caller shall probe now: True for one of all who ask, once in the time between two probes."""
        async with translated():
            return bool(await run(self._client, Script.CLAIM_PROBE, keys=[self._key], args=[self._probe_ms]))

    async def state(self) -> OpenCircuit | None:
        """Return the open circuit, or None if it is closed."""
        async with translated():
            reason, since, probe_at = await self._client.hmget(self._key, ["reason", "since", "probe_at"])
        if reason is None or since is None or probe_at is None:
            return None
        return OpenCircuit(reason.decode(), from_ms(float(since)), from_ms(float(probe_at)))
