"""A decision that Redis's absence keeps from the record until its call is over, though a forged number phones in between."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from time import monotonic

import pytest
from prometheus_client import CollectorRegistry, Counter

from services.media_bridge.call_record.fact_writer import CallIds, FactWriter
from shared.core.conversation.actions import EndConversation, RecordVerdict
from shared.core.conversation.tools import OutcomeReport
from shared.core.dialing.planned_transition import PlannedTransition
from shared.core.errors import StoreUnavailableError
from shared.core.lifecycle.facts import AttemptBegun, CallEnded, ConversationLost, Fact, StreamOpened
from shared.core.outcome import Channel, VerdictKind
from shared.store.records.confirmations import Confirmations
from tests.support.webhook.service import PHONE, Service, small_body
from tests.system.webhook.test_incoming import OURS, attempt_of, phone_in, shown

pytestmark = pytest.mark.system


class AwayAtFirst:
    """The store as a bridge sees it that does not reach Redis for a while."""

    def __init__(self, confirmations: Confirmations) -> None:
        self._confirmations = confirmations
        self.is_away = True

    async def apply(self, confirmation_id: str, make_fact: Callable[[datetime], Fact]) -> PlannedTransition:
        if self.is_away:
            raise StoreUnavailableError
        return await self._confirmations.apply(confirmation_id, make_fact)


async def nobody_phones(_: Service) -> None:
    """Nothing happens in between."""


async def a_stranger_phones(service: Service) -> None:
    await phone_in(service, "CA8")


async def a_stranger_phones_and_hangs_up(service: Service) -> None:
    await phone_in(service, "CA8")
    await service.as_twilio("/twilio/incoming-status", {"CallSid": "CA8", "From": PHONE, "CallStatus": "completed"})


@pytest.mark.parametrize("between", [nobody_phones, a_stranger_phones, a_stranger_phones_and_hangs_up])
@pytest.mark.parametrize("is_inbound", [False, True])
async def test_it_is_the_outcome(service: Service, between: Callable[[Service], Awaitable[None]], *, is_inbound: bool) -> None:
    made = await service.submit(small_body(10482))
    store = service.store.confirmations
    if is_inbound:
        await phone_in(service, "CA1")
    else:
        await store.apply(made["id"], lambda now: AttemptBegun(now, OURS, "+38344000000"))
    attempt_id = await attempt_of(service, made)
    await store.apply(made["id"], lambda now: StreamOpened(now, attempt_id, "CA1", "MZ1"))
    away = AwayAtFirst(store)
    lost = Counter("lost_writes", "", registry=CollectorRegistry())
    ids = CallIds(made["id"], attempt_id)
    writer = FactWriter(away, service.store.transcripts, ids, clock=monotonic, lost_writes=lost)
    if is_inbound:
        writer.put_proof()
    writer.put_verdict(RecordVerdict(OutcomeReport(kind=VerdictKind.CONFIRMED), Channel.KEYPAD), "sq")
    writer.put_end(EndConversation(None, "decided"), None)
    writer.finish()
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(writer.run())
        await store.apply(made["id"], lambda now: CallEnded(now, attempt_id, None, "CA1", 30))
        await store.apply(made["id"], lambda now: ConversationLost(now, attempt_id))
        await between(service)
        away.is_away = False
    view = await shown(service, made)
    assert (view["outcome"], view["evidence"]["attempt"]) == ("confirmed", 1)
