"""A call whose language changes: the session's instructions, the stored prompts, the goodbye and the record follow."""

import json

from services.media_bridge.call.prompt_payloads import prompt_payloads
from shared.core.outcome import VerdictKind
from tests.support.bridge.call_stage import Stage, settled, tool

WISH = json.dumps({"language": "en", "quote": "Do you speak English?", "is_asked_for": True})


def switch(stage: Stage) -> None:
    """The greeting is heard, the customer asks for English, and the model calls the tool."""
    stage.respond(1)
    stage.hear_all()
    stage.model.bring({"type": "input_audio_buffer.speech_started"})
    stage.model.bring({"type": "input_audio_buffer.speech_stopped"})
    stage.respond(2, 0, tool("switch_language", WISH))


async def test_the_session_is_given_the_other_languages_lines_and_transcription_before_it_is_asked_to_go_on() -> None:
    async with Stage().running() as stage:
        switch(stage)
        kinds = [message["type"] for message in stage.model.sent[-5:]]
        assert kinds == [
            "conversation.item.create",
            "session.update",
            "session.update",
            "conversation.item.create",
            "response.create",
        ]
        output, instructions, transcription, remark, _ = stage.model.sent[-5:]
        assert output["item"]["output"] == '{"status": "ok"}'
        assert "[language] «en»" in instructions["session"]["instructions"]
        assert "[details] «I have no further" in instructions["session"]["instructions"]
        assert transcription["session"]["audio"]["input"]["transcription"]["language"] == "en"
        assert "«This is an automated assistant" in remark["item"]["content"][0]["text"]


async def test_the_goodbye_and_the_evidence_are_in_the_other_language() -> None:
    stage = Stage()
    async with stage.running():
        switch(stage)
        stage.respond(3)
        stage.hear_all()
        stage.caller.bring({"event": "dtmf", "dtmf": {"digit": "1"}})
        await settled()
        english = stage.script.in_language("en")
        assert english is not None
        goodbye = stage.model.of("response.create")[-1]["response"]["instructions"]
        assert english.plan.lines.goodbyes[VerdictKind.CONFIRMED] in goodbye
    verdict = stage.records.confirmation.attempts[0].verdict
    assert verdict is not None
    assert verdict.language == "en"


async def test_a_later_session_and_the_stored_prompts_are_in_the_other_language() -> None:
    async with Stage().running() as stage:
        switch(stage)
        before = len(stage.caller.of("media"))
        stage.model.break_off()
        await settled()
        played = [frame["media"]["payload"] for frame in stage.caller.of("media")[before:]]
        assert [f'"{payload}"'.encode() for payload in played] == list(prompt_payloads("en", "one_moment"))
        assert "[language] «en»" in stage.model.sent[0]["session"]["instructions"]
        assert "[details] «I have no further" in stage.model.sent[0]["session"]["instructions"]


async def test_a_language_that_nobody_speaks_here_is_not_switched_to() -> None:
    async with Stage().running() as stage:
        stage.respond(1)
        stage.respond(2, 0, tool("switch_language", WISH.replace('"en"', '"fr"')))
        assert "refused" in stage.model.of("conversation.item.create")[-2]["item"]["output"]
        assert len(stage.model.of("session.update")) == 2
        assert stage.call.model.switch_language("fr") == stage.script
