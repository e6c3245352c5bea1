"""The OpenAI simulator opens, configures and refuses sessions as the API does."""

import json
from typing import Any

import pytest
import websockets

from tests.support.simulators.openai import (
    KEY,
    PCMU,
    Client,
    SimulatorProcess,
    configuration,
    connected,
    in_call,
)
from tests.support.simulators.twilio import eventually


async def _status_of_handshake(url: str, headers: dict[str, str]) -> int:
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with websockets.connect(f"{url}?model=gpt-realtime-2.1", additional_headers=headers):
            pass
    return refused.value.response.status_code


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer sk-other"}, {"Authorization": KEY}])
async def test_a_wrong_key_fails_the_handshake(openai_simulator: SimulatorProcess, headers: dict[str, str]) -> None:
    assert await _status_of_handshake(openai_simulator.url, headers) == 401
    assert openai_simulator.sessions() == []


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
async def test_a_fault_refuses_the_handshake_as_often_as_asked(openai_simulator: SimulatorProcess, status: int) -> None:
    openai_simulator.add_rule({"faults": {"refuse_handshake": status}, "times": 1})
    assert await _status_of_handshake(openai_simulator.url, {"Authorization": f"Bearer {KEY}"}) == status
    async with connected(openai_simulator.url):
        pass


async def _end_of(url: str, query: str, **headers: str) -> tuple[dict[str, Any], int, str]:
    given = {"Authorization": f"Bearer {KEY}", **headers}
    async with websockets.connect(f"{url}{query}", additional_headers=given) as socket:
        event = json.loads(await socket.recv())
        with pytest.raises(websockets.ConnectionClosedError) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    return event, closed.value.rcvd.code, closed.value.rcvd.reason


async def test_a_connection_without_a_model_ends_with_an_error_and_4000(openai_simulator: SimulatorProcess) -> None:
    event, code, reason = await _end_of(openai_simulator.url, "")
    assert event["error"]["code"] == "missing_model"
    assert (code, reason) == (4000, "invalid_request_error.missing_model")


async def test_the_beta_interface_is_shut(openai_simulator: SimulatorProcess) -> None:
    event, code, _ = await _end_of(openai_simulator.url, "?model=gpt-realtime-2.1", **{"OpenAI-Beta": "realtime=v1"})
    assert "no longer supported" in event["error"]["message"]
    assert code == 4000


async def test_a_key_may_be_refused_by_an_event_after_the_handshake(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(error_at_start=True)
    event, code, _ = await _end_of(openai_simulator.url, "?model=gpt-realtime-2.1")
    assert (event["error"]["type"], event["error"]["code"], code) == ("authentication_error", "invalid_api_key", 4000)


async def test_a_session_begins_as_pcm_with_the_servers_turn_detection(openai_simulator: SimulatorProcess) -> None:
    async with connected(openai_simulator.url) as client:
        session = client.seen[0]["session"]
    assert session["type"] == "realtime"
    assert session["model"] == "gpt-realtime-2.1"
    assert session["audio"]["input"]["format"] == {"type": "audio/pcm", "rate": 24000}
    assert session["audio"]["input"]["turn_detection"]["type"] == "server_vad"
    assert session["expires_at"] > 0


async def test_an_update_changes_what_it_names_and_answers_with_the_whole_session(openai_simulator: SimulatorProcess) -> None:
    async with connected(openai_simulator.url) as client:
        await client.update(audio={"input": {"format": PCMU, "noise_reduction": {"type": "near_field"}}})
        session = await client.update(audio={"input": {"turn_detection": {"type": "server_vad", "threshold": 0.7}}})
    heard = session["audio"]["input"]
    assert heard["format"] == PCMU
    assert heard["noise_reduction"] == {"type": "near_field", "strength": 1.0}
    assert heard["turn_detection"]["threshold"] == 0.7
    assert heard["turn_detection"]["silence_duration_ms"] == 500
    assert session["audio"]["output"]["format"]["type"] == "audio/pcm"


async def _refusal(client: Client, session: dict[str, Any]) -> dict[str, Any]:
    await client.send("session.update", session=session, event_id="mine")
    error: dict[str, Any] = (await client.until("error"))["error"]
    assert error["event_id"] == "mine"
    assert error["type"] == "invalid_request_error"
    return error


def _hearing(**settings: object) -> dict[str, Any]:
    return {"type": "realtime", "audio": {"input": settings}}


def _speaking(**settings: object) -> dict[str, Any]:
    return {"type": "realtime", "audio": {"output": settings}}


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({"instructions": "x"}, "missing_required_parameter", "session.type"),
        ({"type": "conversation"}, "invalid_value", "session.type"),
        ({"type": "realtime", "output_modalities": ["audio", "text"]}, "invalid_value", "session.output_modalities"),
        ({"type": "realtime", "modalities": ["audio"]}, "unknown_parameter", "session.modalities"),
        ({"type": "realtime", "voice": "marin"}, "unknown_parameter", "session.voice"),
        ({"type": "realtime", "temperature": 0.8}, "unknown_parameter", "session.temperature"),
        ({"type": "realtime", "input_audio_format": "g711_ulaw"}, "unknown_parameter", "session.input_audio_format"),
        ({"type": "realtime", "max_response_output_tokens": 5}, "unknown_parameter", None),
        ({"type": "realtime", "max_output_tokens": 5000}, "invalid_value", "session.max_output_tokens"),
        ({"type": "realtime", "model": "gpt-realtime"}, "invalid_value", "session.model"),
        (_hearing(format="g711_ulaw"), "invalid_value", "session.audio.input.format"),
        (_hearing(format={"type": "audio/pcmu", "rate": 8000}), "unknown_parameter", "session.audio.input.format.rate"),
        (_hearing(turn_detection={"threshold": 0.5}), "missing_required_parameter", None),
        (_hearing(turn_detection={"type": "server_vad", "idle_timeout_ms": 4999}), "invalid_value", None),
        (_hearing(turn_detection={"type": "server_vad", "idle_timeout_ms": 30001}), "invalid_value", None),
        (_hearing(turn_detection={"type": "semantic_vad", "idle_timeout_ms": 6000}), "unknown_parameter", None),
        (_hearing(transcription={"model": "gpt-transcribe", "language": "sq"}), "invalid_value", None),
        (_hearing(transcription={"model": "gpt-transcribe", "languages": ["sq"]}), "invalid_value", None),
        (_hearing(transcription={"model": "whisper-1", "languages": ["en"]}), "invalid_value", None),
        (_hearing(transcription={"model": "gpt-realtime-whisper"}), "invalid_value", None),
        (_hearing(transcription={"model": "whisper-2"}), "invalid_value", None),
        (_speaking(voice="nova"), "invalid_value", "session.audio.output.voice"),
        (_speaking(speed=2), "invalid_value", "session.audio.output.speed"),
    ],
)
async def test_what_the_api_does_not_take_is_refused(
    openai_simulator: SimulatorProcess, session: dict[str, Any], code: str, param: str | None
) -> None:
    async with connected(openai_simulator.url) as client:
        error = await _refusal(client, session)
    assert error["code"] == code
    assert param is None or error["param"] == param


async def test_a_refused_update_applies_in_no_part(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        transcription = {"model": "gpt-transcribe", "language": "sq"}
        asked = {"type": "realtime", "instructions": "new", "audio": {"input": {"transcription": transcription}}}
        error = await _refusal(client, asked)
        session = await client.update()
    assert error["param"] == "session.audio.input.transcription.language"
    assert session["instructions"] != "new"
    assert session["audio"]["input"]["transcription"] is None


async def test_transcription_without_the_refused_language_is_taken(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        asked = {"model": "gpt-transcribe", "prompt": "Një telefonatë në shqip."}
        session = await client.update(audio={"input": {"transcription": asked}})
    assert session["audio"]["input"]["transcription"] == asked


async def test_the_voice_is_locked_once_the_model_has_spoken(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        assert (await client.update(**_speaking(voice="cedar")))["audio"]["output"]["voice"] == "cedar"
        await client.say_verbatim("Mirëdita.")
        error = await _refusal(client, _speaking(voice="ash"))
    assert error["code"] == "cannot_update_voice"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", "invalid_value"),
        ("[]", "invalid_value"),
        ("{}", "missing_required_parameter"),
        ('{"type": "input_audio_buffer.append", "audio": "*"}', "invalid_value"),
        ('{"type": "response.create", "respnse": {}}', "unknown_parameter"),
        ('{"type": "response.create", "response": {"modalities": ["audio"]}}', "unknown_parameter"),
        ('{"type": "conversation.item.created"}', "invalid_value"),
        ('{"type": "output_audio_buffer.clear"}', "invalid_value"),
    ],
)
async def test_a_frame_that_is_no_client_event_is_refused(openai_simulator: SimulatorProcess, frame: str, code: str) -> None:
    async with connected(openai_simulator.url) as client:
        await client.socket.send(frame)
        assert (await client.until("error"))["error"]["code"] == code
        await client.update(**configuration())


async def test_a_session_ends_at_its_time_with_an_error_and_1001(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(expire_after_s=0.1)
    async with connected(openai_simulator.url) as client:
        error = (await client.until("error"))["error"]
        with pytest.raises(websockets.ConnectionClosedOK) as closed:
            await client.next()
    assert error["code"] == "session_expired"
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
    assert closed.value.rcvd.reason == "Your session hit the maximum duration of 60 minutes."


async def test_the_ledger_tells_what_was_asked_for_and_never_the_key(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url):
        pass
    session = await eventually(lambda: next((known for known in openai_simulator.sessions() if known["closed"]), None))
    assert session["formats"] == {"input": "audio/pcmu", "output": "audio/pcmu"}
    assert session["headers"]["authorization"] is True
    assert session["frames_in"] == {"session.update": 1}
    assert "SHP-1" in session["instructions"]
    assert (session["closed"]["by"], session["closed"]["code"]) == ("client", 1000)
    assert KEY not in json.dumps(session)
