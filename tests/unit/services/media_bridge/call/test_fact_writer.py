"""What a call must not lose is written in order, however long the store is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.media_bridge.call.fact_writer import CallName, RecordKeeper
from shared.core.confirmation import Conclusion
from shared.core.conversation.actions import EndConversation, RecordVerdict
from shared.core.conversation.tools import OutcomeReport
from shared.core.lifecycle.facts import ConversationEnded, DisclosurePlayed, VerdictGiven
from shared.core.outcome import Channel, VerdictKind
from shared.store import Speaker, Turn
from tests.support.bridge.fakes import ATTEMPT, FakeClock, FakeRecords, FakeTranscripts
from tests.support.orders import NOON, after

CONFIRMED = RecordVerdict(OutcomeReport(kind=VerdictKind.CONFIRMED, quote="po"), Channel.VOICE)
TURN = Turn(attempt=1, position=0, speaker=Speaker.AGENT, text="Përshëndetje", at=NOON)


@asynccontextmanager
async def a_keeper(
    records: FakeRecords, transcripts: FakeTranscripts | None = None, clock: FakeClock | None = None
) -> AsyncIterator[RecordKeeper]:
    name = CallName(records.confirmation.id, ATTEMPT)
    keeper = RecordKeeper(records, transcripts or FakeTranscripts(), name, clock=clock or FakeClock())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(keeper.run())
        yield keeper
        keeper.finish()


async def test_facts_are_written_in_the_order_in_which_they_happened() -> None:
    records = FakeRecords().begin()
    async with a_keeper(records) as keeper:
        keeper.put_disclosure()
        keeper.put_verdict(CONFIRMED, "sq")
        keeper.put_end(EndConversation(None, "decided"), None)
        assert await keeper.flushed(1)
    assert [type(fact) for fact in records.facts[1:]] == [DisclosurePlayed, VerdictGiven, ConversationEnded]


async def test_a_verdict_keeps_its_words_and_the_calls_language() -> None:
    records = FakeRecords().begin()
    async with a_keeper(records) as keeper:
        keeper.put_verdict(CONFIRMED, "sq")
    verdict = records.confirmation.attempts[0].verdict
    assert verdict is not None
    assert (verdict.kind, verdict.quote, verdict.language, verdict.at) == (VerdictKind.CONFIRMED, "po", "sq", NOON)


async def test_a_fact_that_waited_is_dated_when_it_happened() -> None:
    records, clock = FakeRecords().begin(), FakeClock()
    records.is_away = True
    async with a_keeper(records, clock=clock) as keeper:
        keeper.put_end(EndConversation(Conclusion.UNDECIDED, "silence"), None)
        assert not await keeper.flushed(0.01)
        clock.now, records.now, records.is_away = clock.now + 30, after(30), False
        assert await keeper.flushed(2)
    assert records.confirmation.attempts[0].stream_closed_at == NOON


async def test_what_belongs_to_an_erased_order_is_let_go() -> None:
    records = FakeRecords().begin()
    name = CallName(f"cnf_{9:026}", ATTEMPT)
    keeper = RecordKeeper(records, FakeTranscripts(), name, clock=FakeClock())
    keeper.put_disclosure()
    keeper.finish()
    await keeper.run()
    assert await keeper.flushed(0)


async def test_turns_are_stored_and_no_turns_are_no_work() -> None:
    records, transcripts = FakeRecords().begin(), FakeTranscripts()
    async with a_keeper(records, transcripts) as keeper:
        keeper.put_turns([])
        assert await keeper.flushed(0.01)
        keeper.put_turns([TURN])
    assert transcripts.turns == [TURN]
