"""A call whose model is refused for good: the keypad at once, and all others are told."""

from typing import Any

import pytest

from services.media_bridge.call.prompt_payloads import prompt_payloads
from tests.support.bridge.call_stage import Stage, settled

QUOTA = {"type": "insufficient_quota", "code": "insufficient_quota"}


def keypad_is_played(stage: Stage) -> bool:
    payloads = [f'"{frame["media"]["payload"]}"'.encode() for frame in stage.caller.of("media")]
    return payloads[-len(prompt_payloads("sq", "keypad")) :] == list(prompt_payloads("sq", "keypad"))


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "error": QUOTA},
        {"type": "response.done", "response": {"id": "r", "status": "failed", "status_details": {"error": QUOTA}}},
    ],
)
async def test_a_refusal_in_the_midst_of_a_call_leads_to_the_keypad_without_a_second_try(
    event: dict[str, Any],
) -> None:  # Any: JSON
    async with Stage().running() as stage:
        stage.model.bring({"type": "response.created", "response": {"id": "r"}})
        stage.model.bring(event)
        await settled()
        assert len(stage.sessions.sockets) == 1
        assert keypad_is_played(stage)
    assert stage.sessions.refusals == ["insufficient_quota"]
    assert stage.call.model_losses == ("insufficient_quota",)


async def test_a_refusal_at_the_start_leads_to_the_keypad_without_a_second_try() -> None:
    stage = Stage(failures=2)
    stage.sessions.reason = "invalid_api_key"
    async with stage.running():
        assert stage.sessions.failures == 1
        assert keypad_is_played(stage)


async def test_a_failure_that_may_pass_is_told_to_nobody() -> None:
    async with Stage().running() as stage:
        stage.model.bring({"type": "response.created", "response": {"id": "r"}})
        stage.model.bring({"type": "response.done", "response": {"id": "r", "status": "failed"}})
        await settled()
        assert len(stage.sessions.sockets) == 2
    assert stage.sessions.refusals == []
