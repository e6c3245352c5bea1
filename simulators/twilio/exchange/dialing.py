"""A call from the queue to its end: initiated, ringing, then busy, failed, not answered, cancelled or answered."""

import asyncio

from simulators.customer_script.script import Answer, Attempt, Busy, Declined, Failed, Machine, NoAnswer
from simulators.twilio.call.call import Call, End, Status
from simulators.twilio.exchange.callee import render_ahead
from simulators.twilio.exchange.conversation import Conversation
from simulators.twilio.twiml import verbs
from simulators.twilio.twiml.context import SimulatorContext
from simulators.twilio.twiml.loader import Document, Source
from simulators.twilio.twiml.parser import TwimlError

SETUP_S = 0.3
"""The time from `initiated` to the first ring."""
_SIP_BUSY, _SIP_RANG_OUT, _SIP_OK = 486, 487, 200
_STATUS = {End.CANCELED: Status.CANCELED, End.SIMULATOR_STOPPED: Status.FAILED}


async def dial(call: Call, attempt: Attempt, context: SimulatorContext, *, language: str) -> None:
    """Place an outbound call that has left the queue, and run it to its end."""
    call.becomes(Status.INITIATED, "initiated")
    if await _interrupted(call, context.options.waiting(SETUP_S)):
        return
    if isinstance(attempt, Failed):
        if not await _interrupted(call, context.options.waiting(attempt.ring_s)):
            call.finish(Status.FAILED, End.FAILED, sip_code=attempt.sip_code)
        return
    call.becomes(Status.RINGING, "ringing")
    context.spawn(render_ahead(attempt, language=language))
    if not await _ring(call, attempt, context):
        return
    assert isinstance(attempt, (Answer, Machine))  # noqa: S101 - all others end in _ring
    call.becomes(Status.IN_PROGRESS, "answered")
    await _converse(call, Conversation(call, attempt, context, language=language), Source(call.request.script))


async def receive(call: Call, attempt: Attempt, context: SimulatorContext, *, language: str) -> None:
    """Connect an inbound call to the number's voice webhook, and run it to its end."""
    call.becomes(Status.RINGING, "ringing")
    if not isinstance(attempt, Answer):
        call.ledger.warn(0, "an inbound caller is scripted as `answer`")
        attempt = Answer()
    try:
        document = await context.documents.load(call, Source(call.request.script))
    except TwimlError as failure:
        call.ledger.fail(failure.code, str(failure))
        call.finish(Status.FAILED, End.TWIML_ERROR)
        return
    if document.verbs and isinstance(document.verbs[0], verbs.Reject):
        is_busy = document.verbs[0].reason == "busy"
        call.finish(Status.BUSY if is_busy else Status.NO_ANSWER, End.REJECTED)
        return
    await render_ahead(attempt, language=language)
    call.becomes(Status.IN_PROGRESS, "answered")
    await _converse(call, Conversation(call, attempt, context, language=language), document)


async def _ring(call: Call, attempt: Attempt, context: SimulatorContext) -> bool:
    """Ring; return True if somebody answers, False if the call has ended instead."""
    rings_s = call.request.timeout_s if isinstance(attempt, NoAnswer) else attempt.ring_s
    if await _interrupted(call, context.options.waiting(min(rings_s, call.request.timeout_s))):
        return False
    if isinstance(attempt, NoAnswer) or rings_s >= call.request.timeout_s:
        call.finish(Status.NO_ANSWER, End.NO_ANSWER, sip_code=_SIP_RANG_OUT)
        return False
    if isinstance(attempt, Declined):  # the status is documented nowhere; Twilio has no word of its own for it
        call.finish(Status.BUSY, End.DECLINED, sip_code=attempt.sip_code)
        return False
    if isinstance(attempt, Busy):
        call.finish(Status.BUSY, End.BUSY, sip_code=_SIP_BUSY)
        return False
    return True


async def _interrupted(call: Call, wait_s: float) -> bool:
    """Wait; return True if a REST request ends the call meanwhile."""
    try:
        async with asyncio.timeout(wait_s):
            await call.orders.given()
    except TimeoutError:
        return False
    reason = call.orders.end or End.CANCELED
    call.finish(_STATUS.get(reason, Status.CANCELED), reason, sip_code=_SIP_RANG_OUT)
    return True


async def _converse(call: Call, conversation: Conversation, first: Source | Document) -> None:
    reason = await conversation.run(first)
    call.finish(Status.COMPLETED, reason, sip_code=_SIP_OK)
    await conversation.keep_recording()
