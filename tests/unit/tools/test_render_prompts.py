"""Rendering stored prompts by OpenAI's speech endpoint, without OpenAI."""

import json

import httpx
import numpy as np
import pytest

from shared import languages
from simulators import voice
from tools import render_prompts


def test_openais_speech_becomes_telephone_audio() -> None:
    asked: list[httpx.Request] = []
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(24_000) / 24_000)).astype("<i2")

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=tone.tobytes())

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        mulaw = render_prompts.openai(client)("Një moment, ju lutem.", languages.load("sq"))
    body = json.loads(asked[0].content)
    assert (body["input"], body["response_format"]) == ("Një moment, ju lutem.", "pcm")
    assert "Albanian" in body["instructions"]
    assert len(mulaw) == 8000
    assert voice.energy(mulaw) == pytest.approx(8000 / np.sqrt(2), rel=0.02)


def test_openai_is_not_asked_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert render_prompts.main(["--voice-of", "openai"]) == 2


def test_what_has_not_changed_is_not_rendered_again(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert render_prompts.main([]) == 0
    assert capsys.readouterr().out == ""
