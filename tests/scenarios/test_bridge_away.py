"""The bridge full, draining, gone or killed in the midst of a call: the TwiML goes on to the keypad, and no order is lost."""

import asyncio
import signal
import wave
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.support.scenarios.check import check_result
from tests.support.scenarios.player import Player
from tests.support.scenarios.result import ScenarioResult
from tests.support.scenarios.running_system import RunningSystem, running_system
from tests.support.scenarios.scenario import Expected, Scenario

pytestmark = [pytest.mark.system, pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="module")]

_TIME_LIMIT_S = 36  # the bridge takes its leave after half of it
_REFUSED = frozenset({31920})
_NO_STREAM = "a key was pressed without the stream"

TALKS_TOO_LONG = Scenario(
    person=("listen", "say wait", "stay"),
    expect=Expected(
        outcome="unreached",
        results=("undecided",),
        reason="time_limit",
        heard=("recording_notice", "wait", "goodbye_undecided"),
        longest_quiet_s=12,
        talks_on=True,
        ends="twiml_hangup",
    ),
    number=1,
)
IS_RECORDED = Scenario(
    person=("listen", "press 1"),
    expect=Expected(outcome="confirmed", heard=("greeting", "recording_notice", "goodbye_confirmed"), disclosed=True),
    number=2,
)
FINDS_IT_FULL = Scenario(
    person=("listen", "press 1"),
    expect=Expected(outcome="confirmed", channel="keypad", reason=_NO_STREAM, twilio_errors=_REFUSED),
    number=3,
)
GOES_ON_WHILE_DRAINING = Scenario(
    person=("listen", "press 1"),
    expect=Expected(outcome="confirmed", reason="decided", heard=("greeting", "goodbye_confirmed")),
    number=4,
)
COMES_WHILE_DRAINING = Scenario(
    person=("interrupt 2000", "press 2"),
    expect=Expected(outcome="cancelled", channel="keypad", reason=_NO_STREAM, twilio_errors=_REFUSED),
    number=5,
)
FINDS_IT_GONE = Scenario(
    person=("interrupt 2000", "press 3"),
    expect=Expected(outcome="opted_out", channel="keypad", opted_out=True, reason=_NO_STREAM, twilio_errors=_REFUSED),
    number=6,
)
SEES_IT_DIE = Scenario(
    person=("interrupt 4000", "press 1"),
    expect=Expected(outcome="confirmed", channel="keypad", reason=_NO_STREAM, ends="twiml_hangup"),
    number=7,
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSystem]:
    folder = tmp_path_factory.mktemp("system")
    settings = {
        "MEDIA_BRIDGE_PROCESSES": "1",
        "MAX_STREAMS": "2",
        "CALL_TIME_LIMIT_S": str(_TIME_LIMIT_S),
        "RECORD_CALLS": str(folder / "calls"),
    }
    with running_system(folder / "parts", settings=settings) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def plays(system: RunningSystem) -> AsyncIterator[Mapping[int, ScenarioResult]]:
    """All calls, in the order in which the bridge fares worse and worse."""
    async with Player(system) as player, asyncio.TaskGroup() as tasks:

        def begin(scenario: Scenario) -> asyncio.Task[ScenarioResult]:
            return tasks.create_task(player.play(scenario))

        playing = [begin(TALKS_TOO_LONG), begin(IS_RECORDED)]
        await player.until_answered(TALKS_TOO_LONG.phone)
        await player.until_answered(IS_RECORDED.phone)
        playing.append(begin(FINDS_IT_FULL))
        await asyncio.wait(playing)
        playing.append(begin(GOES_ON_WHILE_DRAINING))
        await player.until_heard(GOES_ON_WHILE_DRAINING.phone)
        system.signal("media_bridge", signal.SIGTERM)
        playing.append(begin(COMES_WHILE_DRAINING))
        await asyncio.wait(playing)
        playing.append(begin(FINDS_IT_GONE))
        await asyncio.wait(playing)
        system.stack.restart_dead()
        await player.until_warm()
        playing.append(begin(SEES_IT_DIE))
        await player.until_heard(SEES_IT_DIE.phone)
        system.signal("media_bridge", signal.SIGKILL)
        await asyncio.wait(playing)
        yield {play.result().scenario.number: play.result() for play in playing}


async def test_a_call_that_lasts_too_long_ends_politely(plays: Mapping[int, ScenarioResult]) -> None:
    check_result(plays[TALKS_TOO_LONG.number])


async def test_a_recorded_call_says_so_and_is_kept_in_stereo(plays: Mapping[int, ScenarioResult], system: RunningSystem) -> None:
    result = plays[IS_RECORDED.number]
    check_result(result)
    with wave.open(str(system.folder.parent / "calls" / f"{result.view['id']}-1.wav")) as file:
        seconds = file.getnframes() / file.getframerate()
        assert (file.getnchannels(), file.getframerate()) == (2, 8000)
    talked_s = (result.last.call["ended_ms"] - result.last.call["answered_ms"]) / 1000
    assert seconds == pytest.approx(talked_s, abs=1.5)


async def test_a_full_bridge_leaves_the_call_to_the_keypad(plays: Mapping[int, ScenarioResult]) -> None:
    check_result(plays[FINDS_IT_FULL.number])


async def test_a_draining_bridge_serves_the_calls_it_has(plays: Mapping[int, ScenarioResult]) -> None:
    check_result(plays[GOES_ON_WHILE_DRAINING.number])


async def test_a_draining_bridge_leaves_new_calls_to_the_keypad(plays: Mapping[int, ScenarioResult]) -> None:
    check_result(plays[COMES_WHILE_DRAINING.number])


async def test_without_a_bridge_the_keypad_decides(plays: Mapping[int, ScenarioResult]) -> None:
    check_result(plays[FINDS_IT_GONE.number])


async def test_a_bridge_that_dies_in_the_midst_of_a_call_leaves_it_to_the_keypad(plays: Mapping[int, ScenarioResult]) -> None:
    check_result(plays[SEES_IT_DIE.number])


async def test_who_phones_us_without_an_order_is_told_so(system: RunningSystem, plays: Mapping[int, ScenarioResult]) -> None:
    phone = "+38344299999"
    stranger = {"from": phone, "to": system.shop_number, "person": {"answer": {"ring_s": 0.2, "amd": {"verdict": "none"}}}}
    async with httpx.AsyncClient(base_url=f"{system.twilio_url}/simulator") as twilio, Player(system) as player:
        (await twilio.post("/inbound-calls", json=stranger)).raise_for_status()
        call = await player.ended_call(phone)
    files = [Path(entry["url"]).name for entry in call["timeline"] if entry["what"] == "played_file"]
    assert (files, call["end_reason"], call["cut_ms"]) == (["no_order.wav"], "twiml_hangup", 0)
