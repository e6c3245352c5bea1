"""What a call must not lose is written in order, however long the store is away."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

import pytest
from prometheus_client import CollectorRegistry, Counter
from structlog.testing import capture_logs

from services.media_bridge.call_record.fact_writer import MOST_VERDICTS, CallIds, FactWriter
from services.media_bridge.metrics import BridgeMetrics
from shared.core.confirmation import Conclusion
from shared.core.conversation.actions import EndConversation, RecordVerdict
from shared.core.conversation.tools import OutcomeReport
from shared.core.dialing.planned_transition import PlannedTransition
from shared.core.lifecycle.facts import (
    AttemptBegun,
    CallEnded,
    ConversationEnded,
    DisclosurePlayed,
    Fact,
    ProofFailed,
    VerdictGiven,
)
from shared.core.outcome import Channel, VerdictKind
from shared.store import Speaker, Turn
from tests.support.bridge.fakes import ATTEMPT, FakeClock, FakeRecords, FakeTranscripts
from tests.support.orders import NOON, after

CONFIRMED = RecordVerdict(OutcomeReport(kind=VerdictKind.CONFIRMED, quote="po"), Channel.VOICE)


class SlowTranscripts(FakeTranscripts):
    """Stores once it may."""

    def __init__(self) -> None:
        super().__init__()
        self.has_begun, self.may_end = asyncio.Event(), asyncio.Event()

    async def append(self, confirmation_id: str, turns: Sequence[Turn], /) -> None:
        self.has_begun.set()
        await self.may_end.wait()
        await super().append(confirmation_id, turns)


class BrokenTranscripts(FakeTranscripts):
    """Fails in a way that nobody foresaw, `failures` times."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    async def append(self, confirmation_id: str, turns: Sequence[Turn], /) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("what nobody foresaw")
        await super().append(confirmation_id, turns)


class BrokenRecords(FakeRecords):
    """Fails in a way that nobody foresaw at each disclosure."""

    async def apply(self, confirmation_id: str, make_fact: Callable[[datetime], Fact], /) -> PlannedTransition:
        if type(make_fact(self.now)) is DisclosurePlayed:
            raise RuntimeError("what nobody foresaw")
        return await super().apply(confirmation_id, make_fact)


def lost_writes() -> Counter:
    return BridgeMetrics(CollectorRegistry()).calls.lost_writes


def decided(kind: VerdictKind, quote: str) -> RecordVerdict:
    return RecordVerdict(OutcomeReport(kind=kind, quote=quote), Channel.VOICE)


TURN = Turn(attempt=1, position=0, speaker=Speaker.AGENT, text="Përshëndetje", at=NOON)


async def happens(records: FakeRecords, fact: Fact) -> None:
    records.now = fact.at
    await records.apply(records.confirmation.id, lambda _: fact)


@asynccontextmanager
async def a_writer(
    records: FakeRecords,
    transcripts: FakeTranscripts | None = None,
    clock: FakeClock | None = None,
    lost: Counter | None = None,
) -> AsyncIterator[FactWriter]:
    name = CallIds(records.confirmation.id, ATTEMPT)
    writer = FactWriter(
        records, transcripts or FakeTranscripts(), name, clock=clock or FakeClock(), lost_writes=lost or lost_writes()
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(writer.run())
        yield writer
        writer.finish()


async def test_facts_are_written_in_the_order_in_which_they_happened() -> None:
    records = FakeRecords().begin()
    async with a_writer(records) as writer:
        writer.put_disclosure()
        writer.put_verdict(CONFIRMED, "sq")
        writer.put_end(EndConversation(None, "decided"), None)
        assert await writer.flushed(1)
    assert [type(fact) for fact in records.facts[1:]] == [DisclosurePlayed, VerdictGiven, ConversationEnded]


async def test_wrong_proofs_are_written_with_their_number() -> None:
    records = FakeRecords().begin()
    async with a_writer(records) as writer:
        writer.put_wrong_proof(2)
        assert await writer.flushed(1)
    written = records.facts[-1]
    assert isinstance(written, ProofFailed)
    assert (written.attempt_id, written.failures) == (ATTEMPT, 2)


async def test_a_verdict_keeps_its_words_and_the_calls_language() -> None:
    records = FakeRecords().begin()
    async with a_writer(records) as writer:
        writer.put_verdict(CONFIRMED, "sq")
    verdict = records.confirmation.attempts[0].verdict
    assert verdict is not None
    assert (verdict.kind, verdict.quote, verdict.language, verdict.at) == (VerdictKind.CONFIRMED, "po", "sq", NOON)


async def test_a_fact_that_waited_is_dated_when_it_happened() -> None:
    records, clock = FakeRecords().begin(), FakeClock()
    records.is_away = True
    async with a_writer(records, clock=clock) as writer:
        writer.put_end(EndConversation(Conclusion.UNDECIDED, "silence"), None)
        assert not await writer.flushed(0.01)
        clock.now, records.now, records.is_away = clock.now + 30, after(30), False
        assert await writer.flushed(2)
    assert records.confirmation.attempts[0].stream_closed_at == NOON


@pytest.mark.parametrize("is_called_again", [False, True])
async def test_a_decision_that_is_late_is_logged_as_an_error_if_it_did_not_count(is_called_again: bool) -> None:
    records = FakeRecords().begin()
    for fact in (CallEnded(after(40), ATTEMPT, None, "CA1"), AttemptBegun(after(4000), "att_2", "+1"))[: 1 + is_called_again]:
        await happens(records, fact)
    with capture_logs() as logs:
        async with a_writer(records) as writer:
            writer.put_verdict(CONFIRMED, "sq")
            writer.put_end(EndConversation(None, "decided"), None)
    ((event, level, is_counted),) = [(line["event"], line["log_level"], line["is_counted"]) for line in logs]
    assert (event, level, is_counted) == ("verdict_came_late", "error" if is_called_again else "warning", not is_called_again)


async def test_a_write_that_fails_as_nobody_foresaw_costs_itself_only_and_is_told() -> None:
    records, lost = BrokenRecords().begin(), lost_writes()
    with capture_logs() as logs:
        async with a_writer(records, lost=lost) as writer:
            writer.put_disclosure()
            writer.put_verdict(CONFIRMED, "sq")
            assert await writer.flushed(1)
    assert isinstance(records.facts[-1], VerdictGiven)
    assert [sample.value for sample in next(iter(lost.collect())).samples if sample.name.endswith("_total")] == [1]
    assert [(entry["event"], entry["kind"], entry["error"]) for entry in logs] == [
        ("record_write_lost", "disclosure", "RuntimeError")
    ]


async def test_turns_that_could_not_be_stored_do_not_keep_later_ones_away() -> None:
    records, transcripts = FakeRecords().begin(), BrokenTranscripts(1)
    async with a_writer(records, transcripts) as writer:
        writer.put_turns([TURN])
        assert await writer.flushed(1)
        writer.put_turns([replace(TURN, text="later")])
    assert [turn.text for turn in transcripts.turns] == ["later"]


async def test_what_belongs_to_an_erased_order_is_let_go() -> None:
    records = FakeRecords().begin()
    name = CallIds(f"cnf_{9:026}", ATTEMPT)
    writer = FactWriter(records, FakeTranscripts(), name, clock=FakeClock(), lost_writes=lost_writes())
    writer.put_disclosure()
    writer.finish()
    await writer.run()
    assert await writer.flushed(0)


async def test_turns_are_stored_and_no_turns_are_no_work() -> None:
    records, transcripts = FakeRecords().begin(), FakeTranscripts()
    async with a_writer(records, transcripts) as writer:
        writer.put_turns([])
        assert await writer.flushed(0.01)
        writer.put_turns([TURN])
    assert transcripts.turns == [TURN]


async def test_while_the_store_is_away_turns_wait_once_and_only_the_newest_are_stored() -> None:
    records, transcripts = FakeRecords().begin(), FakeTranscripts()
    records.is_away = True
    async with a_writer(records, transcripts) as writer:
        writer.put_disclosure()
        for number in range(1000):
            writer.put_turns([replace(TURN, text=f"{number}")])
            assert len(writer._waiting) <= 2
        records.is_away = False
    assert [turn.text for turn in transcripts.turns] == ["999"]


async def test_turns_that_come_while_earlier_ones_are_stored_are_stored_too() -> None:
    records, transcripts = FakeRecords().begin(), SlowTranscripts()
    async with a_writer(records, transcripts) as writer:
        writer.put_turns([TURN])
        await transcripts.has_begun.wait()
        writer.put_turns([TURN, replace(TURN, position=1)])
        transcripts.may_end.set()
    assert len(transcripts.turns) == 2


async def test_however_often_the_customer_decides_meanwhile_the_newest_decision_and_every_other_fact_is_written() -> None:
    records = FakeRecords().begin()
    records.is_away = True
    async with a_writer(records) as writer:
        writer.put_disclosure()
        for number in range(1000):
            writer.put_verdict(decided(VerdictKind.CONFIRMED if number % 2 else VerdictKind.CANCELLED, f"{number}"), "sq")
            assert len(writer._waiting) <= MOST_VERDICTS + 1
        writer.put_end(EndConversation(None, "decided"), None)
        await asyncio.sleep(0)
        records.is_away = False
    written = [type(fact) for fact in records.facts[1:]]
    assert written == [DisclosurePlayed, *[VerdictGiven] * MOST_VERDICTS, ConversationEnded]
    verdict = records.confirmation.attempts[0].verdict
    assert verdict is not None
    assert (verdict.kind, verdict.quote) == (VerdictKind.CONFIRMED, "999")


async def test_the_first_opt_out_waits_however_often_the_caller_decides_after_it() -> None:
    records = FakeRecords().begin()
    records.is_away = True
    async with a_writer(records) as writer:
        writer.put_verdict(decided(VerdictKind.OPTED_OUT, "no more calls"), "sq")
        for number in range(100):
            writer.put_verdict(decided(VerdictKind.OPTED_OUT if number % 2 else VerdictKind.CONFIRMED, f"{number}"), "sq")
        await asyncio.sleep(0)
        records.is_away = False
    quotes = [fact.verdict.quote for fact in records.facts if isinstance(fact, VerdictGiven)]
    assert quotes[0] == "no more calls"
    assert len(quotes) == MOST_VERDICTS + 1
