"""The callbacks that report a call's progress: each is a request of its own, in the background, with the faults that are set."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field

from simulators.twilio.call.call import Call
from simulators.twilio.call.request import Webhook
from simulators.twilio.call.webhooks import WebhookFailedError, Webhooks
from simulators.twilio.faults import Faults, Kind, Rule

_KINDS = (Kind.CALLBACK_DROPPED, Kind.CALLBACK_DUPLICATED, Kind.CALLBACK_SHUFFLED, Kind.CALLBACK_DELAYED)

Spawn = Callable[[Coroutine[object, object, None]], object]


@dataclass(frozen=True, slots=True)
class _Message:
    webhook: Webhook
    event: str
    parameters: Mapping[str, str]
    token: str = field(default_factory=lambda: secrets.token_hex(16))


class Callbacks:
    """Sends status, machine detection and stream callbacks; `spawn` owns the tasks, and `faults` is called for each callback."""

    def __init__(self, webhooks: Webhooks, *, spawn: Spawn, faults: Callable[[], Faults]) -> None:
        self._webhooks = webhooks
        self._spawn = spawn
        self._faults = faults

    def progress(self, call: Call, event: str) -> None:
        """Report `initiated`, `ringing`, `answered` or `completed`, if the client asked for that event."""
        webhook = call.request.status_callback
        if webhook is None or event not in call.request.events:
            return
        self._send(call, _Message(webhook, event, call.progress_parameters()))

    def detection(self, call: Call, answered_by: str, *, duration_ms: int) -> None:
        """Report the verdict of machine detection.

        Source: Twilio, "Answering Machine Detection: AsyncAmdStatusCallback".
        """
        detection = call.request.detection
        if detection is None or detection.callback is None:
            return
        parameters = {
            "CallSid": call.sid,
            "AccountSid": call.account_sid,
            "AnsweredBy": answered_by,
            "MachineDetectionDuration": str(duration_ms),
        }
        self._send(call, _Message(detection.callback, "amd", parameters))

    def stream(self, call: Call, webhook: Webhook | None, parameters: Mapping[str, str]) -> None:
        """Report that a stream started, stopped or failed."""
        if webhook is not None:
            about = {"AccountSid": call.account_sid, "CallSid": call.sid}
            self._send(call, _Message(webhook, parameters["StreamEvent"], about | dict(parameters)))

    def _send(self, call: Call, message: _Message) -> None:
        faults = self._faults()
        fault = faults.pick(_KINDS, phone=call.phone, event=message.event)
        kind = fault.fault if fault else None
        if kind is Kind.CALLBACK_DROPPED:
            call.ledger.note("callback_dropped", event=message.event)
            return
        self._spawn(self._deliver(call, message, delay_s=_delay_s(fault, faults)))
        if kind is Kind.CALLBACK_DUPLICATED:
            self._spawn(self._deliver(call, message, delay_s=0))

    async def _deliver(self, call: Call, message: _Message, *, delay_s: float) -> None:
        event = message.event
        await asyncio.sleep(delay_s)
        since_ms = call.ledger.note("callback_sent", event=event, parameters=dict(message.parameters))
        try:
            answer = await self._webhooks.send(message.webhook, message.parameters, token=message.token)
        except WebhookFailedError as failure:
            call.ledger.fail(failure.code, f"callback {event}: {failure}")
        else:
            took_ms = round(call.ledger.note("callback_answered", event=event, status=answer.status) - since_ms, 1)
            if answer.status >= 400:
                call.ledger.warn(15003, f"callback {event} was answered {answer.status} after {took_ms} ms")
        finally:
            call.callback_progress.first_delivered.set()


def _delay_s(fault: Rule | None, faults: Faults) -> float:
    match fault:
        case Rule(fault=Kind.CALLBACK_DELAYED):
            return fault.delay_s
        case Rule(fault=Kind.CALLBACK_SHUFFLED):
            return faults.within(fault.delay_s)
        case _:
            return 0.0
