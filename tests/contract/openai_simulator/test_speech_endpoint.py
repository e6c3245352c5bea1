"""The simulated speech endpoint takes what OpenAI's package sends, and refuses what OpenAI refuses."""

import io
import wave
from typing import Any, get_args

import httpx
import openai
import pytest
from openai.types.audio import SpeechCreateParams, SpeechModel
from openai.types.audio.speech_create_params import Voice

from shared import languages
from shared.settings.groups import SpeechSettings
from simulators.openai_realtime import speech_endpoint
from simulators.speech import voice
from tests.support.simulators.openai import KEY, SimulatorProcess
from tools.generators.openai_speech import OpenAISpeech, SpeechError, client

SPEECH: dict[str, Any] = {
    "model": "gpt-4o-mini-tts",
    "voice": "marin",
    "input": "Një moment, ju lutem.",
    "instructions": "Speak Albanian.",
    "response_format": "pcm",
}


def origin(simulator: SimulatorProcess) -> str:
    return simulator.admin.removesuffix("/simulator/")


def ask(simulator: SimulatorProcess, body: object, *, key: str = KEY) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return simulator.http.post(f"{origin(simulator)}/v1/audio/speech", json=body, headers=headers)


def spoken(simulator: SimulatorProcess, *, key: str = KEY, slept: list[float] | None = None) -> bytes:
    settings = SpeechSettings(openai_speech_url=origin(simulator))
    with client(key) as http:
        speech = OpenAISpeech(http, settings, sleep=(slept if slept is not None else []).append)
        return speech.speak(SPEECH["input"], languages.load("sq"))


def test_it_knows_the_models_and_voices_of_the_official_package() -> None:
    named = [option for option in get_args(Voice) if get_args(option)]
    assert set(get_args(SpeechModel)) == speech_endpoint.MODELS
    assert set(get_args(named[0])) == speech_endpoint.VOICES
    assert SpeechCreateParams.__annotations__.keys() == speech_endpoint._FIELDS


def test_the_official_package_gets_speech_as_a_wave_file(openai_simulator: SimulatorProcess) -> None:
    with openai.OpenAI(api_key=KEY, base_url=f"{origin(openai_simulator)}/v1", max_retries=0) as vendor:
        answer = vendor.audio.speech.create(**{**SPEECH, "response_format": "wav"})
    with wave.open(io.BytesIO(answer.content)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24_000, 1, 2)
        assert file.getnframes() > 24_000


@pytest.mark.parametrize(
    ("change", "status", "code", "param"),
    [
        ({"input": None}, 400, "invalid_type", "input"),
        ({"input": "a" * 4097}, 400, "string_above_max_length", "input"),
        ({"input": " "}, 400, "string_below_min_length", "input"),
        ({"model": "gpt-realtime-2.1-mini"}, 404, "model_not_found", "model"),
        ({"voice": "bob"}, 400, "invalid_value", "voice"),
        ({"voice": {"name": "bob"}}, 400, "invalid_value", "voice"),
        ({"response_format": "g711"}, 400, "invalid_value", "response_format"),
        ({"speed": 4.1}, 400, "invalid_value", "speed"),
        ({"speed": True}, 400, "invalid_value", "speed"),
        ({"language": "sq"}, 400, "unknown_parameter", "language"),
    ],
)
def test_a_wrong_field_is_refused_by_name(
    openai_simulator: SimulatorProcess, change: dict[str, Any], status: int, code: str, param: str
) -> None:
    answer = ask(openai_simulator, SPEECH | change)
    assert answer.status_code == status
    assert (answer.json()["error"]["code"], answer.json()["error"]["param"]) == (code, param)


@pytest.mark.parametrize("name", ["model", "input", "voice"])
def test_a_missing_field_is_refused_by_name(openai_simulator: SimulatorProcess, name: str) -> None:
    answer = ask(openai_simulator, {field: value for field, value in SPEECH.items() if field != name})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, name)


def test_our_client_gets_audible_speech_from_it(openai_simulator: SimulatorProcess) -> None:
    mulaw = spoken(openai_simulator)
    assert voice.energy(mulaw) > 500
    assert 0.8 < len(mulaw) / len(voice.speak(SPEECH["input"])) < 1.2
    [served] = openai_simulator.http.get(f"{openai_simulator.admin}speech").json()["requests"]
    assert (served["model"], served["voice"], served["response_format"]) == ("gpt-4o-mini-tts", "marin", "pcm")


def test_our_client_asks_again_after_refusals_for_a_while(openai_simulator: SimulatorProcess) -> None:
    slept: list[float] = []
    openai_simulator.http.put(f"{openai_simulator.admin}speech", json={"statuses": [429, 503, 500]})
    assert spoken(openai_simulator, slept=slept)
    assert slept == [1.0, 3.0, 9.0]


def test_our_client_gives_up_after_the_fourth_refusal(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.http.put(f"{openai_simulator.admin}speech", json={"statuses": [503] * 4})
    with pytest.raises(SpeechError, match=r"refuses \(503, server_error\)"):
        spoken(openai_simulator)


def test_a_wrong_key_is_told_at_once_and_not_repeated_in_the_message(openai_simulator: SimulatorProcess) -> None:
    slept: list[float] = []
    assert "omebody-else" in ask(openai_simulator, SPEECH, key="sk-of-somebody-else").text
    with pytest.raises(SpeechError, match=r"invalid_api_key.*correct OPENAI_API_KEY") as caught:
        spoken(openai_simulator, key="sk-of-somebody-else", slept=slept)
    assert "omebody" not in str(caught.value)
    assert slept == []
