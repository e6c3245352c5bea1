"""A model that speaks in pieces of 20 ms, five times faster than they are spoken: the line carries fewer, longer frames."""

from pathlib import Path

import pytest

from shared.core.outcome import VerdictKind
from tests.support.bridge.process import Phone, open_store, running_bridge
from tests.support.simulators.openai import SimulatorProcess
from tests.support.simulators.twilio import FarEnd, TwilioSimulator
from tests.support.valkey import ValkeyServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

PIECE = 160
JOINED = 2 * PIECE
LISTEN = "wait_until_agent_done"


async def test_pieces_of_20_ms_are_joined_and_the_call_is_heard_to_its_end(
    valkey: ValkeyServer, openai: SimulatorProcess, twilio: TwilioSimulator, end: FarEnd, folder: Path
) -> None:
    with running_bridge(folder, redis_url=valkey.url, openai_url=openai.url) as bridge:
        async with open_store(valkey.url) as store:
            phone = Phone(twilio, openai, bridge, end, store)
            phone.expect_faults(smallest_delta_bytes=PIECE, largest_delta_bytes=PIECE)
            call = await phone.call(LISTEN, {"say": {"intent": "yes"}}, LISTEN, {"say": {"intent": "confirm"}})
            await call.ended()
            record = await call.record()
    frames = twilio.admin("GET", f"/calls/{call.sid}/media")["streams"][0]["media"]
    joined = [frame for frame in frames if frame["bytes"] == JOINED]
    assert len(joined) > sum(frame["bytes"] == PIECE for frame in frames)
    assert min(frame["buffered_ms"] for frame in joined) > 0, "none came too late to be heard without a gap"
    verdict = record.attempts[0].verdict
    assert verdict is not None
    assert verdict.kind is VerdictKind.CONFIRMED
