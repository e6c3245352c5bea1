"""Probes a model whose circuit is open: a session, and one short answer in text, since a lack of quota shows at a response only."""

import asyncio

import structlog

from services.media_bridge.openai import requests_wire as request
from services.media_bridge.openai.events_wire import ErrorReported, EventHead, ResponseFinished, ServerEvent
from services.media_bridge.openai.leg import ModelLeg
from services.media_bridge.openai.model_circuit import ModelCircuit
from services.media_bridge.openai.warm_pool import SessionOpener
from services.media_bridge.websocket import ConnectionFailedError
from shared.core.conversation.events import ResponseStatus

log = structlog.get_logger()

_LOOK_EVERY_S = 1.0
_LIMIT_S = 15.0  # shorter than the time between two probes, so that there is one at a time
_LACKING = frozenset({ResponseStatus.FAILED, ResponseStatus.CANCELLED})


class ModelProbe:
    """Probes while the circuit is open, whenever this process is the one that shall; `open_session` must not ask the circuit."""

    def __init__(self, open_session: SessionOpener, circuit: ModelCircuit, *, limit_s: float = _LIMIT_S) -> None:
        self._open = open_session
        self._circuit = circuit
        self._limit_s = limit_s

    async def run(self) -> None:
        """Probe until cancelled."""
        while True:
            await self.probe_if_due()
            await asyncio.sleep(_LOOK_EVERY_S)

    async def probe_if_due(self) -> None:
        """Probe if it is this process's turn, and close the circuit if the model answers."""
        if not await self._circuit.claim_probe():
            return
        fault = await self._fault()
        if fault is None:
            await self._circuit.close()
        else:
            log.warning("model_probe_failed", reason=fault)

    async def _fault(self) -> str | None:
        """Return why the model gives no answer, or None if it gives one."""
        try:
            async with asyncio.timeout(self._limit_s):
                leg = await self._open(limit_s=self._limit_s)
                try:
                    return await _Answer(leg).fault()
                finally:
                    await leg.close()
        except ConnectionFailedError as error:
            return error.reason
        except TimeoutError:
            return "timeout"


class _Answer:
    """Asks a session for its answer and receives it."""

    def __init__(self, leg: ModelLeg) -> None:
        self._result: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        leg.attach(self, on_audio=_ignore)
        leg.send(request.probe())

    async def fault(self) -> str | None:
        """Wait for the answer; None if it came."""
        return await self._result

    def on_transcript_delta(self, head: EventHead) -> None:
        """Ignore words."""

    def on_server_event(self, _leg: ModelLeg, event: ServerEvent) -> None:
        """Take the end of the response, or an error."""
        match event:
            case ResponseFinished(event=done):
                self._settle((done.reason or "response_failed") if done.status in _LACKING else None)
            case ErrorReported(code=code):
                self._settle(code)
            case _:
                pass

    def on_model_closed(self, _leg: ModelLeg) -> None:
        """Note that the session broke."""
        self._settle("closed")

    def _settle(self, fault: str | None) -> None:
        if not self._result.done():
            self._result.set_result(fault)


def _ignore(response_id: str, item_id: str, payload: bytes) -> None:
    """Ignore audio: none was asked for."""
