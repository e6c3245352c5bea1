"""The OpenAI simulator's intended faults happen in exactly the sessions that the rules name."""

import asyncio
import json
import time

import pytest
import websockets

from tests.support.simulators.openai import (
    PCMU,
    Client,
    SimulatorProcess,
    configuration,
    connected,
    in_call,
)

CONFIRM = "Po, e konfirmoj porosinë."


async def _decide(client: Client) -> list[dict[str, str]]:
    """Confirm the order; return the output of the response."""
    await client.hear(CONFIRM)
    output: list[dict[str, str]] = (await client.until("response.done"))["response"]["output"]
    return output


async def _answer_with_error(client: Client, call_id: str) -> None:
    item = {"type": "function_call_output", "call_id": call_id, "output": '{"error": "not understood"}'}
    await client.send("conversation.item.create", item=item)
    await client.send("response.create")


async def test_the_connection_breaks_after_some_deltas(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(drop_after_deltas=3)
    with pytest.raises(websockets.ConnectionClosedError) as closed:
        async with in_call(openai_simulator.url) as client:
            await client.say_verbatim("Kjo është një fjali mjaft e gjatë për disa pjesë.")
    assert closed.value.rcvd is None
    assert openai_simulator.sessions()[0]["closed"]["code"] == 1006


async def test_the_connection_breaks_on_a_response_of_one_order_and_only_once(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.add_rule({"match": "SHP-1", "times": 1, "faults": {"drop_on_response": 1}})
    async with in_call(openai_simulator.url, instructions="order SHP-2") as other:
        assert (await other.say_verbatim("Po."))["status"] == "completed"
    with pytest.raises(websockets.ConnectionClosedError):
        async with in_call(openai_simulator.url) as client:
            await client.say_verbatim("Po.")
    async with in_call(openai_simulator.url) as again:
        assert (await again.say_verbatim("Po."))["status"] == "completed"


async def test_a_response_fails_for_lack_of_quota(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(failed_responses=[1])
    async with in_call(openai_simulator.url) as client:
        failed = await client.say_verbatim("Po.")
        assert failed["status"] == "failed"
        assert failed["status_details"]["error"]["code"] == "insufficient_quota"
        assert (await client.say_verbatim("Po."))["status"] == "completed"


async def test_a_response_is_never_answered(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(unanswered_responses=[1])
    async with in_call(openai_simulator.url) as client:
        await client.send("response.create")
        await client.settle()
        assert client.types() == ["error"]


async def test_a_response_stalls_until_it_is_cancelled(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(stalled_responses=[1])
    async with in_call(openai_simulator.url) as client:
        await client.send("response.create", response={"instructions": "«Po.»"})
        await client.until("response.created")
        await client.send("response.cancel")
        response = (await client.until("response.done"))["response"]
    assert (response["status"], response["output"]) == ("cancelled", [])


async def test_unknown_events_and_keys_are_strewn_in(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(noise=True)
    async with in_call(openai_simulator.url) as client:
        for _ in range(3):
            await client.say_verbatim("Kjo është një fjali.")
    assert "x.simulator.noise" in client.types()
    assert all("x_simulator_note" in event for event in client.seen if event["type"] != "x.simulator.noise")


async def test_arguments_that_are_no_json_come_right_after_an_error(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(invalid_tool_calls=1)
    async with in_call(openai_simulator.url) as client:
        (call,) = await _decide(client)
        with pytest.raises(json.JSONDecodeError):
            json.loads(call["arguments"])
        await _answer_with_error(client, call["call_id"])
        (again,) = (await client.until("response.done"))["response"]["output"]
    assert json.loads(again["arguments"]) == {"outcome": "confirmed", "quote": CONFIRM}


async def test_an_outcome_may_be_none_of_the_tools(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(wrong_outcomes=1)
    async with in_call(openai_simulator.url) as client:
        (call,) = await _decide(client)
    assert json.loads(call["arguments"])["outcome"] == "delighted"


async def test_speech_and_two_calls_may_come_in_one_response(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(speech_with_call="Mirë, po e shënoj.", end_call_beside_outcome=True)
    async with in_call(openai_simulator.url) as client:
        output = await _decide(client)
    assert [item.get("name", "speech") for item in output] == ["speech", "record_outcome", "end_call"]


async def test_an_update_is_not_confirmed(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(withhold_session_updated=True)
    async with connected(openai_simulator.url) as client:
        await client.send("session.update", session={"type": "realtime", "instructions": "SHP-1"})
        await client.settle()
        assert "session.updated" not in client.types()


async def test_another_format_is_granted_than_was_asked_for(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(grant_format="audio/pcm")
    async with connected(openai_simulator.url) as client:
        session = await client.update(audio={"output": {"format": PCMU}})
    assert session["audio"]["output"]["format"] == {"type": "audio/pcm", "rate": 24000}


async def test_transcription_is_refused_or_fails(openai_simulator: SimulatorProcess) -> None:
    asked = {"type": "realtime", "audio": {"input": {"transcription": {"model": "gpt-transcribe"}}}}
    openai_simulator.behave(refuse_transcription=True)
    async with in_call(openai_simulator.url) as client:
        await client.send("session.update", session=asked)
        assert (await client.until("error"))["error"]["param"] == "session.audio.input.transcription.model"
    openai_simulator.behave(fail_transcription=True)
    async with in_call(openai_simulator.url) as client:
        await client.send("session.update", session=asked)
        await client.hear("Alo?")
        await client.until("conversation.item.input_audio_transcription.failed")


async def test_the_handshake_and_the_model_may_be_slow(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(connect_delay_s=0.2, response_latency_ms=200)
    started = time.monotonic()
    async with in_call(openai_simulator.url) as client:
        assert time.monotonic() - started > 0.2
        await client.say_verbatim("Po.")
    record = openai_simulator.sessions()[0]["responses"][0]
    assert record["first_delta_ms"] - record["created_ms"] > 190


async def test_an_open_session_is_dropped_on_demand(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        openai_simulator.drop(openai_simulator.sessions()[0]["id"])
        with pytest.raises(websockets.ConnectionClosedError):
            await client.next()


def test_a_fault_that_does_not_exist_is_refused_by_name(openai_simulator: SimulatorProcess) -> None:
    response = openai_simulator.http.put(f"{openai_simulator.admin}faults", json={"usual": {"explode": True}})
    assert response.status_code == 400
    assert "explode" in response.text


async def test_many_sessions_talk_at_once(openai_simulator: SimulatorProcess) -> None:
    async def talk() -> str:
        async with in_call(openai_simulator.url) as client:
            await client.hear(CONFIRM)
            output = (await client.until("response.done"))["response"]["output"]
            name: str = output[0]["name"]
            return name

    async with asyncio.TaskGroup() as group:
        talks = [group.create_task(talk()) for _ in range(20)]
    assert {task.result() for task in talks} == {"record_outcome"}
    assert configuration()["instructions"] == openai_simulator.sessions()[0]["instructions"]


async def test_a_session_that_is_told_of_an_order_may_be_given_a_shorter_life(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.add_rule({"match": "SHP-1.", "faults": {"expire_after_s": 0.2}})
    async with in_call(openai_simulator.url) as client:
        assert (await client.until("error"))["error"]["code"] == "session_expired"
