"""One call over fake legs: what comes in on one side, and what must leave on the other."""

import asyncio

import pytest

from services.media_bridge.call.call import CallEnd
from services.media_bridge.openai import requests_wire as request
from shared import languages
from shared.core.confirmation import Conclusion
from shared.core.conversation.events import KeyPressed
from shared.core.lifecycle.facts import CalleeClassified, CallEnded, ConversationLost, Fact, Withdrawn
from shared.core.outcome import VerdictKind
from tests.support.bridge.call_stage import Stage, settled, tool
from tests.support.bridge.fakes import ATTEMPT, audio, delta
from tests.support.orders import NOON


async def test_the_model_gets_the_calls_words_and_is_asked_for_one_greeting() -> None:
    async with Stage().running() as stage:
        kinds = [message["type"] for message in stage.model.sent]
        assert kinds == ["session.update", "response.create", "session.update"]
        assert stage.model.sent[0]["session"]["instructions"] == stage.script.instructions.text
        assert f"«{stage.script.plan.lines.greeting}»" in stage.model.sent[1]["response"]["instructions"]
        assert "transcription" in stage.model.sent[2]["session"]["audio"]["input"]


async def test_the_order_is_told_to_the_model_at_the_customers_first_word_and_to_every_later_session() -> None:
    async with Stage().running() as stage:
        assert "[details]" not in stage.model.sent[0]["session"]["instructions"].partition("# Lines")[2]
        stage.respond(1)
        stage.hear_all()
        stage.model.bring({"type": "input_audio_buffer.speech_started"})
        assert stage.model.of("session.update")[-1]["session"]["instructions"] == stage.script.revealed.text
        stage.model.break_off()
        await settled()
        assert stage.model.sent[0]["session"]["instructions"] == stage.script.revealed.text


async def test_sound_goes_both_ways() -> None:
    async with Stage().running() as stage:
        stage.caller.bring({"event": "media", "media": {"payload": audio(20)}})
        stage.begin(1, 100)
        assert stage.model.of("input_audio_buffer.append") == [{"type": "input_audio_buffer.append", "audio": audio(20)}]
        assert [frame["media"]["payload"] for frame in stage.caller.of("media")] == [audio(100)]


async def test_the_mark_behind_a_response_stands_behind_its_last_sound_though_that_was_held_back() -> None:
    async with Stage().running() as stage:
        stage.begin(1, 400)
        stage.model.bring(delta("item_1", 20))
        assert len(stage.caller.of("media")) == 1
        stage.model.bring({"type": "response.done", "response": {"id": "resp_1", "status": "completed", "output": []}})
        assert [message["event"] for message in stage.caller.sent[-2:]] == ["media", "mark"]


async def test_the_disclosure_is_stored_when_its_mark_has_come_back() -> None:
    stage = Stage()
    async with stage.running():
        stage.respond(1)
        assert stage.records.confirmation.attempts[0].disclosure_played_at is None
        stage.clock.now += 1
        stage.hear_all()
        await settled()
        assert stage.records.confirmation.attempts[0].disclosure_played_at is not None


async def test_a_customer_who_speaks_up_silences_the_line_before_anything_else() -> None:
    async with Stage().running() as stage:
        stage.begin(1, 3000)
        stage.clock.now += 1.2
        before = len(stage.model.sent)
        stage.model.bring({"type": "input_audio_buffer.speech_started"})
        assert stage.caller.sent[-1]["event"] == "clear"
        truncated = [message for message in stage.model.sent[before:] if message["type"] == "conversation.item.truncate"]
        assert [(one["item_id"], one["audio_end_ms"]) for one in truncated] == [("item_1", 1200)]
        stage.model.bring(delta("item_1", 100))
        assert stage.caller.sent[-1]["event"] == "clear"


async def test_what_the_customer_did_not_hear_is_not_in_the_transcript() -> None:
    stage = Stage()
    async with stage.running():
        stage.begin(1, 2000)
        stage.clock.now += 1.01
        stage.model.bring({"type": "input_audio_buffer.speech_started"})
    assert [(turn.text, turn.interrupted) for turn in stage.transcripts.turns] == [("words", True)]


async def test_what_the_agent_had_still_to_say_at_the_end_was_not_heard() -> None:
    async with Stage().running() as stage:
        stage.begin(1, 1000)
        stage.clock.now += 0.6
        stage.caller.bring({"event": "stop"})
    assert [(turn.text, turn.interrupted) for turn in stage.transcripts.turns] == [("words", True)]


async def test_a_decision_by_tool_is_stored_answered_and_followed_by_a_goodbye_and_the_end() -> None:
    stage = Stage()
    async with stage.running():
        stage.respond(1)
        stage.hear_all()
        stage.model.bring({"type": "input_audio_buffer.speech_started"})
        stage.respond(2, 0, tool("record_outcome", '{"outcome":"confirmed","quote":"po"}'))
        outputs = [item["item"] for item in stage.model.of("conversation.item.create")]
        assert [item["type"] for item in outputs] == ["function_call_output"]
        goodbye = stage.model.of("response.create")[-1]["response"]["instructions"]
        assert stage.script.plan.lines.goodbyes[VerdictKind.CONFIRMED] in goodbye
        stage.respond(3)
        assert stage.caller.is_open
        stage.clock.now += 3
        stage.hear_all()
        await settled()
        assert stage.caller.closed == (1000, "")
    assert stage.end == CallEnd("decided", None)
    verdict = stage.records.confirmation.attempts[0].verdict
    assert verdict is not None
    assert verdict.quote == "po"


async def test_a_key_decides_over_the_speech() -> None:
    stage = Stage()
    async with stage.running():
        stage.respond(1)
        stage.hear_all()
        stage.begin(2, 3000)
        stage.caller.bring({"event": "dtmf", "dtmf": {"digit": "2"}})
        assert stage.caller.of("clear")
        await settled()
    verdict = stage.records.confirmation.attempts[0].verdict
    assert verdict is not None
    assert verdict.kind is VerdictKind.CANCELLED


async def test_a_key_over_the_greeting_counts_once_the_stored_disclosure_was_heard() -> None:
    stage = Stage()
    async with stage.running():
        stage.begin(1, 3000)
        stage.caller.bring({"event": "dtmf", "dtmf": {"digit": "2"}})
        await settled()
        assert stage.records.confirmation.attempts[0].verdict is None
        stage.hear_all()
        await settled()
        attempt = stage.records.confirmation.attempts[0]
        assert attempt.verdict is not None
        assert attempt.disclosure_played_at is not None
    spoken = [turn.text for turn in stage.transcripts.turns]
    assert languages.load(stage.script.language).stored["disclosure"] in spoken


async def test_a_key_pressed_before_the_call_began_counts_once_the_disclosure_was_heard() -> None:
    stage = Stage()
    async with stage.running(KeyPressed("1")):
        await settled()
        assert stage.records.confirmation.attempts[0].verdict is None
        stage.hear_all()
        await settled()
    assert stage.records.confirmation.attempts[0].verdict is not None


async def test_a_lost_session_is_replaced_by_one_that_knows_the_talk() -> None:
    async with Stage().running() as stage:
        stage.respond(1)
        first = stage.model
        first.break_off()
        await settled()
        assert stage.model is not first
        created = [item["item"] for item in stage.model.of("conversation.item.create")]
        assert [item["role"] for item in created] == ["system", "system"]
        assert created[0]["content"][0]["text"].endswith('[{"speaker":"agent","words":"words 1"}]')
        assert len(stage.caller.of("media")) > 1


async def test_what_an_older_session_still_says_reaches_nobody() -> None:
    async with Stage().running() as stage:
        stage.begin(1, 100)
        first = stage.model
        first.break_off()
        await settled()
        heard = len(stage.caller.of("media"))
        first.bring(delta("item_1", 500))
        first.bring({"type": "input_audio_buffer.speech_started"})
        assert len(stage.caller.of("media")) == heard
        assert not stage.caller.of("clear")


async def test_without_any_session_the_stored_prompt_asks_for_a_key() -> None:
    stage = Stage(failures=2)
    async with stage.running():
        assert stage.caller.of("media")
        assert stage.caller.sent[-1]["event"] == "mark"
        stage.caller.bring({"event": "dtmf", "dtmf": {"digit": "1"}})
        await settled()
        stage.hear_all()
        await settled()
        assert stage.caller.closed == (1000, "")
    assert stage.end == CallEnd("decided", None)


@pytest.mark.parametrize("event_id", [request.FULL_UPDATE, request.RESPONSE])
async def test_a_refused_session_or_response_is_a_lost_session(event_id: str) -> None:
    async with Stage().running() as stage:
        stage.model.bring({"type": "error", "error": {"code": "invalid_value", "event_id": event_id}})
        await settled()
        assert len(stage.sessions.sockets) == 2


async def test_a_refused_transcription_costs_nothing_else() -> None:
    async with Stage().running() as stage:
        stage.model.bring({"type": "error", "error": {"code": "invalid_value", "event_id": request.TRANSCRIPTION_UPDATE}})
        await settled()
        assert len(stage.sessions.sockets) == 1


async def test_a_caller_who_hangs_up_ends_the_call_and_both_legs() -> None:
    stage = Stage()
    async with stage.running():
        pass
    assert stage.end == CallEnd("person_hung_up", Conclusion.UNDECIDED)
    assert (stage.caller.closed, stage.model.closed) == ((1000, ""), (1000, ""))
    assert stage.records.confirmation.attempts[0].conclusion is Conclusion.UNDECIDED


async def test_news_from_the_record_are_told_once() -> None:
    stage = Stage()
    async with stage.running():
        changed = stage.records._advance(CalleeClassified(NOON, ATTEMPT, "human")).confirmation
        stage.call.changes.changed(changed)
        stage.call.changes.changed(changed)
        withdrawn = stage.records._advance(Withdrawn(NOON)).confirmation
        stage.call.changes.changed(withdrawn)
        asked = len(stage.model.of("response.create"))
        stage.call.changes.changed(withdrawn)
        assert len(stage.model.of("response.create")) == asked


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ([CalleeClassified(NOON, ATTEMPT, "fax")], "machine"),
        ([CallEnded(NOON, ATTEMPT, None), ConversationLost(NOON, ATTEMPT)], "call_ended"),
    ],
)
async def test_a_machine_or_the_calls_end_ends_it(facts: list[Fact], reason: str) -> None:
    stage = Stage()
    async with stage.running():
        for fact in facts:
            stage.call.changes.changed(stage.records._advance(fact).confirmation)
        await settled()
    assert stage.end is not None
    assert stage.end.reason == reason


async def test_an_erased_order_is_taken_for_withdrawn() -> None:
    stage = Stage()
    async with stage.running():
        stage.respond(1)
        stage.call.changes.erased()
        assert stage.caller.of("clear")
        assert stage.script.plan.lines.goodbye_withdrawn in str(stage.model.of("response.create")[-1])


async def test_a_deadline_is_delivered_when_it_comes() -> None:
    stage = Stage()
    async with stage.running():
        stage.respond(1)
        stage.clock.now += 1.5
        stage.hear_all()
        stage.clock.now += 6.5
        stage.call._driver._timer.wake()
        assert stage.script.plan.lines.not_heard in str(stage.model.of("response.create")[-1])


async def test_a_fault_in_the_machine_ends_the_call_and_leaves_the_keypad_to_twilio() -> None:
    stage = Stage()
    stage.call._driver._machine = None  # type: ignore[assignment]  # anything that goes wrong
    with pytest.raises(ExceptionGroup):
        await stage.call.run()
    assert stage.caller.closed == (1011, "")
    assert stage.records.confirmation.attempts[0].stream_closed_at is None


async def test_a_call_that_is_cancelled_leaves_nothing_behind() -> None:
    stage = Stage()
    task = asyncio.gather(stage.call.run())
    await settled()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stage.caller.closed == (1011, "")
    assert not stage.model.is_open


async def test_figures_tell_how_fast_it_was() -> None:
    stage = Stage()
    async with stage.running():
        stage.clock.now += 0.25
        stage.begin(1, 100)
        stage.model.bring({"type": "input_audio_buffer.speech_stopped"})
        stage.clock.now += 0.5
        stage.begin(2, 100)
    assert (stage.stats.greeting_ms, stage.stats.slowest_turn_ms, stage.stats.turns) == (250, 500, 1)
