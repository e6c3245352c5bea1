"""Sessions with the model that can't be had at all: every call is in the same boat, and each ends by key, politely.

Sessions that are refused for good (key, quota, account, model) are in test_model_refused.py.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from tests.support.scenarios.check import check_result
from tests.support.scenarios.player import Player
from tests.support.scenarios.result import ScenarioResult
from tests.support.scenarios.running_system import RunningSystem, running_system
from tests.support.scenarios.scenario import Expected, Scenario

pytestmark = [pytest.mark.system, pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="module")]

FAULTS: Mapping[str, Mapping[str, Any]] = {
    "it has had too many requests": {"refuse_handshake": 429},
    "it is overloaded": {"refuse_handshake": 503},
    "it closes right after the handshake": {"error_at_start": True, "start_error_code": "server_error"},
    "it is too slow to connect": {"connect_delay_s": 12},
    "it never confirms the session": {"withhold_session_updated": True},
    "it grants another audio format": {"grant_format": "audio/pcm"},
}
_KEYS = {"1": "confirmed", "2": "cancelled", "3": "opted_out"}


def a_call(number: int) -> Scenario:
    """A person who hears "one moment", then the stored prompt, and presses a key over it: the disclosure comes first."""
    key, outcome = list(_KEYS.items())[number % len(_KEYS)]
    expect = Expected(
        outcome=outcome,
        channel="keypad",
        heard=("stored:one_moment", "stored:keypad", "stored:disclosure", f"stored:goodbye_{outcome}"),
        opted_out=outcome == "opted_out",
        disclosed=True,
        sessions=0,
        ends="twiml_hangup",
    )
    return Scenario(person=("interrupt 2500", f"press {key}"), expect=expect, number=number)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSystem]:
    with running_system(tmp_path_factory.mktemp("system") / "parts") as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def plays(system: RunningSystem) -> AsyncIterator[Mapping[str, ScenarioResult]]:
    """One call for each trouble; the next trouble begins while the last call takes its leave."""
    async with Player(system) as player, asyncio.TaskGroup() as tasks:
        playing = {}
        for number, (name, faults) in enumerate(FAULTS.items(), start=1):
            scenario = a_call(number)
            await player.break_model(**faults)
            playing[name] = tasks.create_task(player.play(scenario))
            await player.until_key(scenario.phone)
        await asyncio.wait(playing.values())
        yield {name: play.result() for name, play in playing.items()}


@pytest.mark.parametrize("name", FAULTS)
async def test_the_key_decides_when(plays: Mapping[str, ScenarioResult], name: str) -> None:
    check_result(plays[name])


async def test_a_model_that_comes_back_in_time_takes_the_call_over(
    system: RunningSystem, plays: Mapping[str, ScenarioResult]
) -> None:
    expect = Expected(outcome="confirmed", channel="voice", disclosed=True, sessions=1, heard=("stored:one_moment", "greeting"))
    scenario = Scenario(person=("listen", "listen", "say hello", "listen", "say confirm"), expect=expect, number=50)
    async with Player(system) as player, asyncio.TaskGroup() as tasks:
        await player.break_model(connect_delay_s=12)
        playing = tasks.create_task(player.play(scenario))
        await player.until_answered(scenario.phone)
        await asyncio.sleep(1)  # by then the call's first try is on its way, and in vain
        await player.break_model()
        result = await playing
    check_result(result)
