"""Whole calls through one bridge, side by side: real processes, sockets and audio; only Twilio and OpenAI are played."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared.core.confirmation import Attempt, Conclusion
from shared.core.lifecycle.facts import CalleeClassified, Withdrawn
from shared.core.outcome import Channel, VerdictKind
from simulators.lateness import slack_ms
from tests.support.bridge.process import BridgeProcess, Phone, PlacedCall, open_store, running_bridge
from tests.support.simulators.openai import SimulatorProcess
from tests.support.simulators.twilio import FarEnd, TwilioSimulator, eventually
from tests.support.valkey import ValkeyServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

YES = {"say": {"intent": "yes"}}
CONFIRM = {"say": {"intent": "confirm"}}
CANCEL = {"say": {"intent": "cancel"}}
LISTEN = "wait_until_agent_done"

Play = Callable[[Phone], Awaitable[PlacedCall]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of a call that ended."""

    ledger: dict[str, Any]  # Any: JSON
    attempt: Attempt
    sessions: list[dict[str, Any]]  # Any: JSON
    words: list[tuple[str, str, bool]]

    @property
    def stream(self) -> dict[str, Any]:  # Any: JSON
        stream: dict[str, Any] = self.ledger["streams"][0]  # Any: JSON
        return stream

    @property
    def verdict(self) -> tuple[VerdictKind, Channel] | None:
        verdict = self.attempt.verdict
        return (verdict.kind, verdict.channel) if verdict is not None else None

    @property
    def slack_ms(self) -> float:
        return slack_ms(self.ledger, self.sessions)

    def played_before(self, clear: dict[str, Any]) -> float:  # Any: JSON
        """Milliseconds of our audio that the person had heard when that `clear` (of the ledger) came."""
        before = sum(frame["bytes"] for frame in self.ledger["media"] if frame["at_ms"] <= clear["at_ms"])
        return float(before / 8 - clear["dropped_ms"])


async def confirms(phone: Phone) -> PlacedCall:
    return await phone.call(LISTEN, YES, LISTEN, CONFIRM)


async def cancels(phone: Phone) -> PlacedCall:
    return await phone.call(LISTEN, YES, LISTEN, CANCEL, LISTEN, YES)


async def presses_2_over_the_speech(phone: Phone) -> PlacedCall:
    return await phone.call({"wait_agent_speaking": 1500}, {"press": "2"})


async def interrupts(phone: Phone) -> PlacedCall:
    return await phone.call({"wait_agent_speaking": 2000}, YES, LISTEN, CONFIRM)


async def hangs_up(phone: Phone) -> PlacedCall:
    return await phone.call({"wait_agent_speaking": 1000}, "hang_up")


async def loses_the_model_once(phone: Phone) -> PlacedCall:
    phone.expect_faults(drop_after_deltas=8, times=1)
    return await phone.call(LISTEN, YES, LISTEN, CONFIRM)


async def loses_the_model_for_good(phone: Phone) -> PlacedCall:
    phone.expect_faults(drop_after_deltas=8)
    return await phone.call({"wait_until_agent_done": 3000}, {"press": "1"})


async def has_no_transcriber(phone: Phone) -> PlacedCall:
    phone.expect_faults(refuse_transcription=True, noise=True)
    return await phone.call({"wait_agent_speaking": 500}, {"press": "1"})


async def is_withdrawn(phone: Phone) -> PlacedCall:
    call = await phone.call("stay")
    await asyncio.sleep(3)
    await phone.store.confirmations.apply(call.confirmation_id, Withdrawn)
    return call


async def is_a_machine(phone: Phone) -> PlacedCall:
    call = await phone.call("stay")
    await asyncio.sleep(2)

    await phone.store.confirmations.apply(call.confirmation_id, lambda at: CalleeClassified(at, call.attempt_id, "machine_start"))
    return call


PLAYS: tuple[Play, ...] = (
    confirms,
    cancels,
    presses_2_over_the_speech,
    interrupts,
    hangs_up,
    loses_the_model_once,
    loses_the_model_for_good,
    has_no_transcriber,
    is_withdrawn,
    is_a_machine,
)


@pytest.fixture(scope="module")
def bridge(valkey_server: ValkeyServer, openai: SimulatorProcess, folder: Path) -> Iterator[BridgeProcess]:
    valkey_server.flush()
    recordings = folder / "calls"
    with running_bridge(folder, redis_url=valkey_server.url, openai_url=openai.url, RECORD_CALLS=str(recordings)) as process:
        yield process


@pytest.fixture(scope="module")
def calls(
    valkey_server: ValkeyServer,
    openai: SimulatorProcess,
    twilio: TwilioSimulator,
    bridge: BridgeProcess,
    end: FarEnd,
) -> dict[Play, Outcome]:
    """All calls, played side by side, once."""

    async def play_all() -> dict[Play, Outcome]:
        async with open_store(valkey_server.url) as store:
            phone = Phone(twilio, openai, bridge, end, store)
            placed = [(play, await play(phone)) for play in PLAYS]
            outcomes = {play: await outcome_of(call) for play, call in placed}
            await eventually(lambda: bridge.metric("bridge_work_in_hand") == 0)  # its line in the log, its recording's last second
            return outcomes

    return asyncio.run(play_all())


async def outcome_of(call: PlacedCall) -> Outcome:
    ledger = await call.ended(limit_s=80)
    ledger["media"] = call.phone.twilio.admin("GET", f"/calls/{call.sid}/media")["streams"][0]["media"]
    return Outcome(ledger, (await call.record()).attempts[0], call.sessions(), list(await call.words()))


@pytest.mark.parametrize(
    ("play", "verdict"),
    [
        (confirms, (VerdictKind.CONFIRMED, Channel.VOICE)),
        (cancels, (VerdictKind.CANCELLED, Channel.VOICE)),
        (presses_2_over_the_speech, (VerdictKind.CANCELLED, Channel.KEYPAD)),
        (interrupts, (VerdictKind.CONFIRMED, Channel.VOICE)),
        (loses_the_model_once, (VerdictKind.CONFIRMED, Channel.VOICE)),
        (loses_the_model_for_good, (VerdictKind.CONFIRMED, Channel.KEYPAD)),
        (has_no_transcriber, (VerdictKind.CONFIRMED, Channel.KEYPAD)),
        (hangs_up, None),
        (is_withdrawn, None),
        (is_a_machine, None),
    ],
)
def test_what_the_customer_decided_is_recorded(
    calls: dict[Play, Outcome], play: Play, verdict: tuple[VerdictKind, Channel] | None
) -> None:
    assert calls[play].verdict == verdict


@pytest.mark.parametrize("play", [confirms, cancels, presses_2_over_the_speech, interrupts, loses_the_model_once])
def test_the_goodbye_is_heard_to_its_end_and_then_we_close(calls: dict[Play, Outcome], play: Play) -> None:
    stream = calls[play].stream
    assert (stream["closed_by"], stream["close_code"], stream["cut_ms"]) == ("server", 1000, 0)


@pytest.mark.parametrize("play", PLAYS)
def test_twilio_had_nothing_to_complain_about(calls: dict[Play, Outcome], play: Play) -> None:
    assert not calls[play].ledger["warnings"]


@pytest.mark.parametrize("play", [confirms, cancels, interrupts])
def test_openai_had_nothing_to_complain_about(calls: dict[Play, Outcome], play: Play) -> None:
    assert [session["errors"] for session in calls[play].sessions] == [[]]


@pytest.mark.parametrize("play", [confirms, cancels, loses_the_model_once])
def test_the_disclosure_is_proven(calls: dict[Play, Outcome], play: Play) -> None:
    assert calls[play].attempt.disclosure_played_at is not None


def test_the_model_is_told_what_was_really_heard(calls: dict[Play, Outcome]) -> None:
    outcome = calls[interrupts]
    first_clear = outcome.stream["clears"][0]
    truncation = outcome.sessions[0]["truncations"][0]
    assert truncation["audio_end_ms"] == pytest.approx(outcome.played_before(first_clear), abs=80 + outcome.slack_ms)


def test_nothing_old_is_sent_after_a_clear(calls: dict[Play, Outcome]) -> None:
    outcome = calls[interrupts]
    cleared_ms = outcome.stream["clears"][0]["at_ms"]
    next_answer = outcome.sessions[0]["responses"][1]
    late = [frame for frame in outcome.ledger["media"] if cleared_ms < frame["at_ms"] < next_answer["created_ms"]]
    assert late == []


def test_the_line_is_cleared_at_once(calls: dict[Play, Outcome]) -> None:
    spoken_over = calls[interrupts]
    started_ms = spoken_over.sessions[0]["turns"][0]["started_at_ms"]
    assert 0 <= spoken_over.stream["clears"][0]["at_ms"] - started_ms < 100 + spoken_over.slack_ms
    pressed_over = calls[presses_2_over_the_speech]
    pressed_ms = pressed_over.ledger["keys"][0]["at_ms"]
    assert 0 <= pressed_over.stream["clears"][0]["at_ms"] - pressed_ms < 100 + pressed_over.slack_ms


def test_a_second_session_goes_on_with_the_talk(calls: dict[Play, Outcome]) -> None:
    first, second = calls[loses_the_model_once].sessions
    assert first["closed"]
    assert second["frames_in"]["conversation.item.create"] >= 1
    assert sum("Përshëndetje" in response["said"] for response in second["responses"]) == 0


def test_a_person_who_hangs_up_leaves_the_order_undecided(calls: dict[Play, Outcome]) -> None:
    attempt = calls[hangs_up].attempt
    assert (attempt.conclusion, attempt.reason) == (Conclusion.UNDECIDED, "person_hung_up")


def test_a_withdrawn_order_ends_with_a_neutral_goodbye(calls: dict[Play, Outcome]) -> None:
    outcome = calls[is_withdrawn]
    assert outcome.attempt.reason == "withdrawn"
    assert outcome.stream["closed_by"] == "server"
    assert outcome.stream["cut_ms"] == 0


def test_a_machine_is_left_at_once(calls: dict[Play, Outcome]) -> None:
    outcome = calls[is_a_machine]
    assert (outcome.attempt.conclusion, outcome.stream["closed_by"]) == (Conclusion.MACHINE, "server")


def test_both_sides_words_are_written_down_in_order(calls: dict[Play, Outcome]) -> None:
    speakers = [speaker for speaker, _, _ in calls[confirms].words]
    assert speakers == ["agent", "customer", "agent", "customer", "agent"]


def test_words_that_were_not_heard_are_not_written_down(calls: dict[Play, Outcome]) -> None:
    _, greeting, interrupted = calls[interrupts].words[0]
    said = calls[interrupts].sessions[0]["responses"][0]["said"]
    assert interrupted
    assert said.startswith(greeting)
    assert len(greeting) < len(said)


def test_without_a_transcriber_only_the_transcript_is_poorer(calls: dict[Play, Outcome]) -> None:
    outcome = calls[has_no_transcriber]
    assert next(speaker for speaker, _, _ in outcome.words) == "agent"
    assert [error["code"] for error in outcome.sessions[0]["errors"]] != []


def test_the_cost_of_the_model_is_kept(calls: dict[Play, Outcome]) -> None:
    cost = calls[confirms].attempt.cost_usd
    assert cost is not None
    assert cost > 0


def test_each_call_is_one_line_in_the_log(calls: dict[Play, Outcome], bridge: BridgeProcess) -> None:
    log = bridge.log.read_text()
    assert log.count('"call_ended"') == len(PLAYS)
    assert "task_failed" not in log
    assert "[hidden]" not in log


def test_each_call_is_recorded(calls: dict[Play, Outcome], folder: Path) -> None:
    files = sorted((folder / "calls").glob("*.wav"))
    assert len(files) == len(PLAYS)
    assert all(file.read_bytes()[:4] == b"RIFF" for file in files)


def test_nothing_is_left_of_the_calls(calls: dict[Play, Outcome], bridge: BridgeProcess) -> None:
    assert bridge.metric("bridge_streams_active") == 0
