"""What OpenAI's speech endpoint answers becomes telephone audio, or an error of one line."""

import json
from collections.abc import Callable

import httpx
import numpy as np
import pytest

from shared import languages
from shared.settings.groups import SpeechSettings
from simulators.speech import voice
from tools.generators.openai_speech import OpenAISpeech, SpeechError

TONE = (8000 * np.sin(2 * np.pi * 440 * np.arange(24_000) / 24_000)).astype("<i2").tobytes()
QUOTA = {"error": {"message": "sk-proj-1 has no credit", "type": "insufficient_quota", "param": None, "code": "insufficient_quota"}}

Answer = Callable[[httpx.Request], httpx.Response]


def spoken(answer: Answer, *, slept: list[float] | None = None) -> bytes:
    settings = SpeechSettings(openai_speech_url="https://speech.example", openai_voice="cedar")
    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        speech = OpenAISpeech(http, settings, sleep=(slept if slept is not None else []).append)
        return speech.speak("Një moment, ju lutem.", languages.load("sq"))


def test_speech_becomes_telephone_audio() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=TONE)

    mulaw = spoken(answer)
    body = json.loads(asked[0].content)
    assert str(asked[0].url) == "https://speech.example/v1/audio/speech"
    assert (body["input"], body["response_format"], body["voice"]) == ("Një moment, ju lutem.", "pcm", "cedar")
    assert "Albanian" in body["instructions"]
    assert len(mulaw) == 8000
    assert voice.energy(mulaw) == pytest.approx(8000 / np.sqrt(2), rel=0.02)


@pytest.mark.parametrize(("content", "why"), [(b"\0" * 48_000, "silence"), (b"", "0.00 s"), (TONE[:4801], "0.10 s")])
def test_audio_that_nobody_hears_is_an_error(content: bytes, why: str) -> None:
    with pytest.raises(SpeechError, match=why):
        spoken(lambda _: httpx.Response(200, content=content))


def test_an_account_without_credit_is_told_at_once_without_the_vendors_words() -> None:
    slept: list[float] = []
    with pytest.raises(SpeechError) as caught:
        spoken(lambda _: httpx.Response(429, json=QUOTA), slept=slept)
    assert str(caught.value) == "refuses (429, insufficient_quota): look at the account's limits and credit"
    assert slept == []


def test_the_pause_that_the_server_asks_for_is_kept_up_to_half_a_minute() -> None:
    answers = [httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(503, headers={"Retry-After": "900"})]
    slept: list[float] = []
    assert spoken(lambda _: answers.pop(0) if answers else httpx.Response(200, content=TONE), slept=slept)
    assert slept == [7.0, 30.0]


def test_an_endpoint_that_cannot_be_reached_is_named() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(SpeechError, match=r"can't be reached \(ConnectError\): check the network and OPENAI_SPEECH_URL"):
        spoken(answer)


def test_an_error_that_is_no_json_is_told_by_its_status() -> None:
    with pytest.raises(SpeechError, match=r"^refuses \(400\): correct OPENAI_VOICE"):
        spoken(lambda _: httpx.Response(400, text="<html>"))
