"""The circuit to the speech model: a fatal refusal opens it for all bridges, and then no call waits for a session in vain.

One bridge at a time probes now and then, until a probe succeeds. The dialer's circuit to Twilio works alike, in the same store.
"""

from datetime import datetime
from typing import Protocol

import structlog

from services.media_bridge.openai.leg import ModelLeg
from services.media_bridge.openai.refusals_wire import is_fatal
from services.media_bridge.openai.warm_pool import SessionOpener
from services.media_bridge.websocket import ConnectionFailedError
from shared.core.errors import StoreUnavailableError

log = structlog.get_logger()


class OpenState(Protocol):
    """An open circuit, as it is stored."""

    @property
    def reason(self) -> str:
        """Why it was opened."""
        ...

    @property
    def since(self) -> datetime:
        """When it was opened."""
        ...


class StoredCircuit(Protocol):
    """The store's circuit, as the bridge needs it. Every method may raise StoreUnavailableError."""

    async def open(self, reason: str) -> None:
        """Open it, or postpone the next probe."""
        ...

    async def close(self) -> None:
        """Close it."""
        ...

    async def state(self) -> OpenState | None:
        """Return it if it is open."""
        ...

    async def claim_probe(self) -> bool:
        """Return whether the caller, and nobody else, shall probe now."""
        ...


class ModelCircuit:
    """What this process knows of the circuit; `refresh` is called each second. No call waits for the store."""

    def __init__(self, stored: StoredCircuit) -> None:
        self._stored = stored
        self._unsaved: str | None = None  # a reason to open it that the store does not have yet
        self._reason: str | None = None

    @property
    def reason(self) -> str | None:
        """Why the circuit is open; None if it is closed."""
        return self._unsaved or self._reason

    def refused(self, reason: str) -> None:
        """Open the circuit: OpenAI refused us for this reason."""
        if self.reason is None:
            log.error("model_circuit_opened", reason=reason)
        self._unsaved = reason

    async def refresh(self) -> str | None:
        """Exchange what is known with the store, and return why the circuit is open; a health check.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        unsaved = self._unsaved
        if unsaved is not None:
            await self._stored.open(unsaved)
            self._reason = unsaved
            self._unsaved = None if self._unsaved == unsaved else self._unsaved
        state = await self._stored.state()
        self._reason = state.reason if state is not None else None
        return self.reason

    async def claim_probe(self) -> bool:
        """Return whether this process shall probe the model now; never without the store, which decides between processes."""
        if self.reason is None:
            return False
        try:
            return await self._stored.claim_probe()
        except StoreUnavailableError:
            return False

    async def close(self) -> None:
        """Close the circuit for all: the model answered a probe. Without the store it stays open until the next probe."""
        try:
            await self._stored.close()
        except StoreUnavailableError:
            return
        self._reason = self._unsaved = None
        log.warning("model_circuit_closed")


class GuardedOpener:
    """Opens sessions while the circuit is closed; a fatal refusal opens it."""

    def __init__(self, open_session: SessionOpener, circuit: ModelCircuit) -> None:
        self._open = open_session
        self._circuit = circuit

    async def __call__(self, *, limit_s: float) -> ModelLeg:
        """Return a session.

        Raises:
            ConnectionFailedError: There is none within `limit_s` seconds, or the circuit is open.
        """
        _refuse_if_open(self._circuit)
        try:
            return await self._open(limit_s=limit_s)
        except ConnectionFailedError as error:
            if is_fatal(error.reason):
                self._circuit.refused(error.reason)
            raise


class Sessions(Protocol):
    """Gives out sessions."""

    async def take(self, *, limit_s: float) -> ModelLeg:
        """Return a session.

        Raises:
            ConnectionFailedError: There is none within `limit_s` seconds.
        """
        ...


class GuardedSessions:
    """The sessions for calls: while the circuit is open a call is told so at once, those that wait are not given out either."""

    def __init__(self, sessions: Sessions, circuit: ModelCircuit) -> None:
        self._sessions = sessions
        self._circuit = circuit

    async def take(self, *, limit_s: float) -> ModelLeg:
        """Return a session.

        Raises:
            ConnectionFailedError: There is none within `limit_s` seconds, or the circuit is open.
        """
        _refuse_if_open(self._circuit)
        return await self._sessions.take(limit_s=limit_s)

    def refused(self, reason: str) -> None:
        """Note that OpenAI refused a session in the midst of a call, as it would any other."""
        self._circuit.refused(reason)


def _refuse_if_open(circuit: ModelCircuit) -> None:
    reason = circuit.reason
    if reason is not None:
        raise ConnectionFailedError(reason)
