"""One call over fake legs whose model sends digital silence, or nothing, where it should speak."""

from tests.support.bridge.call_stage import Stage, settled
from tests.support.bridge.fakes import delta, silence


def whisper(stage: Stage, number: int) -> None:
    """Let the model run a response whose audio is digital silence."""
    response = f"resp_{number}"
    stage.model.bring({"type": "response.created", "response": {"id": response}})
    for _ in range(10):
        stage.model.bring({**delta(f"item_{number}", 100, response=response), "delta": silence(100)})
    stage.model.bring({"type": "response.done", "response": {"id": response, "status": "completed", "output": []}})


async def test_no_disclosure_is_recorded_for_a_greeting_of_digital_silence_and_it_is_asked_for_again() -> None:
    stage = Stage()
    async with stage.running():
        whisper(stage, 1)
        assert stage.caller.of("media") == []
        assert len(stage.model.of("response.create")) == 2
        stage.clock.now += 3
        stage.hear_all()
        await settled()
        assert stage.records.confirmation.attempts[0].disclosure_played_at is None
    assert stage.call.lane.silent == 10
    assert stage.registry.get_sample_value("bridge_model_silent_responses_total", {"status": "completed"}) == 1


async def test_after_two_silent_greetings_the_customer_hears_a_stored_prompt_that_discloses() -> None:
    stage = Stage()
    async with stage.running():
        whisper(stage, 1)
        whisper(stage, 2)
        assert stage.caller.of("media") != []
        stage.clock.now += 20
        stage.hear_all()
        await settled()
        assert stage.records.confirmation.attempts[0].disclosure_played_at is not None
