"""A session in another format than Twilio's is noise on the line: it is replaced before anybody hears it."""

import pytest

from tests.support.bridge.call_stage import Stage, settled
from tests.support.bridge.fakes import delta, session


@pytest.mark.parametrize("formats", [{"input_format": "audio/pcm"}, {"output_format": "audio/pcm"}, {"output_format": ""}])
async def test_a_session_that_is_updated_to_another_format_is_lost_unheard(formats: dict[str, str]) -> None:
    async with Stage().running() as stage:
        first = stage.model
        first.bring({"type": "response.created", "response": {"id": "resp_1"}})
        first.bring(session("session.updated", **formats))
        heard = len(stage.caller.of("media"))
        first.bring(delta("item_1", 100))
        assert len(stage.caller.of("media")) == heard
        await settled()
        assert stage.model is not first
        assert first.closed is not None
    assert stage.call.model_losses == ("formats_refused",)


async def test_a_session_that_keeps_the_format_goes_on() -> None:
    async with Stage().running() as stage:
        first = stage.model
        first.bring(session("session.updated"))
        stage.begin(1, 100)
        await settled()
        assert stage.model is first
        assert len(stage.caller.of("media")) == 1
