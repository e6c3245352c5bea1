"""The OpenAI simulator recognizes turns, answers them in the API's order of events, and is interrupted as the API is."""

import base64
import json

import pytest

from simulators.speech import voice
from tests.support.simulators.openai import ASK, DETAILS, Client, SimulatorProcess, in_call

VAD = {"type": "server_vad"}
LONG = "Kjo është një fjali shumë e gjatë, që zgjat aq sa dikush ka kohë të flasë para se ajo të marrë fund."


async def test_a_turn_has_the_events_of_the_api_in_their_order(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        await client.hear("Alo?")
        done = await client.until("response.done")
    assert [name for name in client.types() if name != "rate_limits.updated"] == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio_transcript.delta",
        "response.output_audio.delta",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ]
    assert done["response"]["status"] == "completed"
    assert done["response"]["output"][0]["content"] == [{"type": "output_audio", "transcript": f"{DETAILS} {ASK}"}]
    assert done["response"]["usage"]["output_token_details"]["audio_tokens"] > 0


async def test_the_user_item_has_the_id_that_was_announced(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        await client.hear("Alo?")
        started = await client.until("input_audio_buffer.speech_started")
        committed = await client.until("input_audio_buffer.committed")
        added = await client.until("conversation.item.added")
    assert started["audio_start_ms"] == 200
    assert {started["item_id"], committed["item_id"], added["item"]["id"]} == {started["item_id"]}


async def test_a_response_is_done_long_before_its_audio_could_be_heard(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(burst=5.0)
    async with in_call(openai_simulator.url) as client:
        await client.say_verbatim(LONG)
    record = openai_simulator.sessions()[0]["responses"][0]
    assert record["said"] == LONG
    assert (record["done_ms"] - record["first_delta_ms"]) * 3 < record["audio_ms"]


async def test_deltas_are_of_odd_sizes_and_make_up_the_speech(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        await client.say_verbatim("Mirëdita, ju flet asistenti.")
    audio = [base64.b64decode(event["delta"]) for event in client.seen if event["type"].endswith("output_audio.delta")]
    assert any(len(delta) % 160 for delta in audio)
    assert voice.energy(b"".join(audio)) > 500
    words = [event["delta"] for event in client.seen if event["type"].endswith("transcript.delta")]
    assert "".join(words) == "Mirëdita, ju flet asistenti."


async def test_without_pcmu_the_audio_really_is_pcm(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url, audio={}) as client:
        await client.say_verbatim("Mirëdita.")
        pcm = b"".join(base64.b64decode(event["delta"]) for event in client.seen if event["type"].endswith("audio.delta"))
    assert len(pcm) == 48 * openai_simulator.sessions()[0]["responses"][0]["audio_ms"]


async def test_transcription_comes_late_and_beside_the_response(openai_simulator: SimulatorProcess) -> None:
    audio = {"input": {"format": {"type": "audio/pcmu"}, "transcription": {"model": "gpt-transcribe"}}}
    async with in_call(openai_simulator.url, audio=audio) as client:
        await client.hear("Po, e konfirmoj porosinë.")
        created = await client.until("response.created")
        completed = await client.until("conversation.item.input_audio_transcription.completed")
    assert completed["transcript"] == "Po, e konfirmoj porosinë."
    assert completed["usage"]["type"] == "duration"
    assert client.seen.index(completed) > client.seen.index(created)


async def test_the_customer_cuts_in_and_some_deltas_are_still_in_flight(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(burst=2.0)
    async with in_call(openai_simulator.url) as client:
        await client.send("response.create", response={"instructions": f"«{LONG}»"})
        await client.until("response.output_audio.delta")
        await client.hear("Po, e konfirmoj porosinë.")
        started = await client.until("input_audio_buffer.speech_started")
        response = (await client.until("response.done"))["response"]
    assert response["status"] == "cancelled"
    assert response["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert response["output"][0]["status"] == "incomplete"
    after = [event["type"] for event in client.seen[client.seen.index(started) :]]
    assert 1 <= after.count("response.output_audio.delta") <= 4


async def test_without_interrupt_response_it_speaks_on(openai_simulator: SimulatorProcess) -> None:
    quiet = {**VAD, "interrupt_response": False, "create_response": False}
    audio = {"input": {"format": {"type": "audio/pcmu"}, "turn_detection": quiet}}
    async with in_call(openai_simulator.url, audio=audio) as client:
        await client.send("response.create", response={"instructions": f"«{LONG}»"})
        await client.hear("Po, po.")
        assert (await client.until("response.done"))["response"]["status"] == "completed"
        await client.settle()
        assert "input_audio_buffer.speech_started" in client.types()


async def test_a_second_response_is_refused_while_one_runs(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(stalled_responses=[1])
    async with in_call(openai_simulator.url) as client:
        await client.send("response.create")
        created = await client.until("response.created")
        await client.send("response.create", event_id="second")
        error = (await client.until("error"))["error"]
    assert error["code"] == "conversation_already_has_active_response"
    assert error["event_id"] == "second"
    assert created["response"]["id"] in error["message"]


async def test_a_response_outside_the_conversation_may_run_beside(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(response_latency_ms=100)
    async with in_call(openai_simulator.url) as client:
        await client.send("response.create", response={"instructions": "«Një.»"})
        asked = {"conversation": "none", "output_modalities": ["text"], "metadata": {"k": "v"}, "input": []}
        await client.send("response.create", response=asked)
        responses = [(await client.until("response.done"))["response"] for _ in range(2)]
    outside = next(response for response in responses if response["conversation_id"] is None)
    assert outside["metadata"] == {"k": "v"}
    assert outside["output"][0]["content"][0]["type"] == "output_text"


async def test_the_client_cancels_a_response(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(burst=1.0)
    async with in_call(openai_simulator.url) as client:
        await client.send("response.create", response={"instructions": f"«{LONG}»"})
        delta = await client.until("response.output_audio.delta")
        await client.send("response.cancel", response_id=delta["response_id"])
        response = (await client.until("response.done"))["response"]
    assert response["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}


async def test_there_may_be_nothing_to_cancel(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        await client.send("response.cancel", event_id="c")
        error = (await client.until("error"))["error"]
    assert (error["code"], error["event_id"]) == ("response_cancel_not_active", "c")
    assert error["message"] == "Cancellation failed: no active response found"


async def test_a_decision_becomes_a_function_call_with_its_events(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        await client.hear("Po, e konfirmoj porosinë.")
        response = (await client.until("response.done"))["response"]
    names = client.types()
    start = names.index("response.output_item.added")
    assert [name for name in names[start:] if name != "rate_limits.updated"] == [
        "response.output_item.added",
        "conversation.item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ]
    (call,) = response["output"]
    assert (call["type"], call["name"], call["status"]) == ("function_call", "record_outcome", "completed")
    assert json.loads(call["arguments"]) == {"outcome": "confirmed", "quote": "Po, e konfirmoj porosinë."}


async def _answer_call(client: Client, response: dict[str, list[dict[str, str]]]) -> None:
    output = {"type": "function_call_output", "call_id": response["output"][0]["call_id"], "output": '{"ok": true}'}
    await client.send("conversation.item.create", item=output)
    await client.until("conversation.item.done")


async def test_after_the_tools_answer_it_says_what_it_is_told_to(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        await client.hear("Po, e konfirmoj porosinë.")
        await _answer_call(client, (await client.until("response.done"))["response"])
        response = await client.say_verbatim("Faleminderit, mirupafshim!")
    assert response["output"][0]["content"][0]["transcript"] == "Faleminderit, mirupafshim!"


async def test_an_output_for_a_call_that_nobody_made_is_refused(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        item = {"type": "function_call_output", "call_id": "call_unknown", "output": "{}"}
        await client.send("conversation.item.create", item=item)
        assert "not found" in (await client.until("error"))["error"]["message"]


async def test_a_call_that_is_cut_off_has_partial_arguments(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(argument_delay_ms=3000)
    async with in_call(openai_simulator.url) as client:
        await client.hear("Po, e konfirmoj porosinë.")
        await client.until("response.function_call_arguments.delta")
        await client.hear("Prisni pak, ju lutem, një moment.")
        done = await client.until("response.function_call_arguments.done")
        response = (await client.until("response.done"))["response"]
    with pytest.raises(json.JSONDecodeError):
        json.loads(done["arguments"])
    assert (response["status"], response["output"][0]["status"]) == ("cancelled", "incomplete")


async def test_an_idle_line_is_asked_again(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(idle_clock=10.0)
    audio = {
        "input": {"format": {"type": "audio/pcmu"}, "turn_detection": {**VAD, "idle_timeout_ms": 5000}},
        "output": {"format": {"type": "audio/pcmu"}},
    }
    async with in_call(openai_simulator.url, audio=audio) as client:
        await client.say_verbatim("Po?")
        await client.append(voice.SILENCE * 8000)
        triggered = await client.until("input_audio_buffer.timeout_triggered")
        committed = await client.until("input_audio_buffer.committed")
        await client.until("response.done")
    assert triggered["item_id"] == committed["item_id"]
    assert openai_simulator.sessions()[0]["responses"][-1]["trigger"] == "idle"


async def test_in_manual_mode_nothing_happens_by_itself(openai_simulator: SimulatorProcess) -> None:
    audio = {"input": {"format": {"type": "audio/pcmu"}, "turn_detection": None}}
    async with in_call(openai_simulator.url, audio=audio) as client:
        await client.hear("Po, e konfirmoj porosinë.")
        await client.settle()
        assert client.types() == ["error"]
        await client.send("input_audio_buffer.commit")
        await client.until("conversation.item.done")
        await client.send("response.create")
        response = (await client.until("response.done"))["response"]
    assert response["output"][0]["name"] == "record_outcome"


async def test_less_than_100_ms_cannot_be_committed(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        await client.append(voice.SILENCE * 4000)
        await client.send("input_audio_buffer.clear")
        await client.until("input_audio_buffer.cleared")
        await client.append(voice.SILENCE * 640)
        await client.send("input_audio_buffer.commit", event_id="early")
        error = (await client.until("error"))["error"]
    assert (error["code"], error["event_id"]) == ("input_audio_buffer_commit_empty", "early")
    assert "buffer only has 80.00ms of audio" in error["message"]
