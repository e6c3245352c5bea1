"""What OpenAI is told in a session's handshake: the program, and in a call the customer under a name that tells nothing."""

from pathlib import Path

import pytest

from tests.support.bridge.process import Phone, open_store, running_bridge
from tests.support.simulators.openai import SimulatorProcess
from tests.support.simulators.twilio import FarEnd, TwilioSimulator
from tests.support.valkey import ValkeyServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]


@pytest.mark.parametrize(("ahead", "is_named"), [("0", True), ("1", False)])
async def test_a_session_names_its_customer_if_it_was_opened_for_the_call(
    ahead: str,
    is_named: bool,
    valkey: ValkeyServer,
    openai: SimulatorProcess,
    twilio: TwilioSimulator,
    end: FarEnd,
    folder: Path,
) -> None:
    settings = {"redis_url": valkey.url, "openai_url": openai.url, "WARM_SESSIONS_MAX": ahead}
    with running_bridge(folder, **settings) as bridge:
        async with open_store(valkey.url) as store:
            call = await Phone(twilio, openai, bridge, end, store).call({"wait_agent_speaking": 500}, "hang_up")
            await call.ended()
    told = [session["headers"] for session in call.sessions()]
    assert told == [{**told[0], "openai-safety-identifier": is_named, "user-agent": True, "openai-beta": False}]
