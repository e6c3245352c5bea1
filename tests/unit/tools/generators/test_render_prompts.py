"""Rendering stored prompts by OpenAI's speech endpoint, without OpenAI."""

import json
from pathlib import Path

import httpx
import numpy as np
import pytest

from shared import languages
from simulators.speech import voice
from tools.generators import render_prompts


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


@pytest.fixture
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("ENV_FILE", "")


@pytest.mark.usefixtures("no_key")
def test_openai_is_not_asked_without_a_key() -> None:
    assert render_prompts.main(["--voice-of", "openai"]) == 2


@pytest.mark.usefixtures("no_key")
def test_what_has_not_changed_is_not_rendered_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert render_prompts.main([]) == 0
    assert "nothing to render" in capsys.readouterr().out


def test_a_key_that_was_never_filled_in_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("OPENAI_API_KEY=CHANGE-ME\n", encoding="utf-8")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("ENV_FILE", str(tmp_path / ".env"))
    assert render_prompts.main(["--voice-of", "openai"]) == 2
