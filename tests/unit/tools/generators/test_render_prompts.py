"""Which stored prompts are rendered, by whom, and what is noted of it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from shared import languages
from shared.core.speech.language import STORED, Language
from tools.generators import prompt_voices, render_prompts
from tools.generators.openai_speech import SpeechError
from tools.generators.render_prompts import Speaker

TONE = b"\x10\x90" * 4000
FOLDER = Path(languages.__file__).parent


@pytest.fixture
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("ENV_FILE", "")


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the generator write into a copy of the languages and of their page."""
    folder = tmp_path / "languages"
    shutil.copytree(FOLDER, folder)
    for path in folder.glob("audio/*/voices.json"):
        path.unlink()
    docs = tmp_path / "languages.md"
    docs.write_text(f"before\n{prompt_voices.BEGIN}old\n{prompt_voices.END}after\n", encoding="utf-8")
    monkeypatch.setattr(languages, "_FOLDER", folder)
    monkeypatch.setattr(prompt_voices, "DOCS", docs)
    return folder


def speaker(name: str, *, fails_at: int | None = None) -> tuple[Speaker, list[str]]:
    """Return a speaker and the texts that it has spoken; at the number `fails_at` it fails."""
    spoken: list[str] = []

    def speak(text: str, _language: Language) -> bytes:
        if len(spoken) == fails_at:
            raise SpeechError("refuses (503): try again later")
        spoken.append(text)
        return TONE

    return Speaker(name, speak), spoken


def change_text(folder: Path, key: str) -> None:
    path = folder / "audio" / "sq" / "texts.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {key: "another"}), encoding="utf-8")


@pytest.mark.usefixtures("no_key")
def test_openai_is_not_asked_without_a_key() -> None:
    assert render_prompts.main(["--voice-of", "openai"]) == 2


@pytest.mark.usefixtures("no_key")
def test_what_has_not_changed_is_not_rendered_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert render_prompts.main([]) == 0
    assert "nothing to render" in capsys.readouterr().out


@pytest.mark.usefixtures("no_key")
def test_a_language_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert render_prompts.main(["sq", "xx"]) == 2
    assert "no language xx; there are de, el" in capsys.readouterr().err


def test_a_key_that_was_never_filled_in_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("OPENAI_API_KEY=CHANGE-ME\n", encoding="utf-8")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("ENV_FILE", str(tmp_path / ".env"))
    assert render_prompts.main(["--voice-of", "openai"]) == 2


@pytest.mark.usefixtures("no_key")
def test_a_wrong_setting_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("OPENAI_SPEECH_URL", "speech.example")
    assert render_prompts.main([]) == 2
    assert capsys.readouterr().err.startswith("wrong settings: OPENAI_SPEECH_URL")


def test_espeak_renders_only_the_text_that_has_changed(copy: Path) -> None:
    change_text(copy, "goodbye")
    espeak, spoken = speaker(prompt_voices.ESPEAK)
    assert render_prompts.render(["sq"], espeak, everything=False) == 0
    assert spoken == [languages.load("sq").stored["goodbye"]]
    assert not (copy / "audio" / "sq" / "voices.json").exists()


def test_openais_voice_replaces_espeak_once(copy: Path) -> None:
    marin, spoken = speaker("tts marin")
    for _ in range(2):
        assert render_prompts.render(["sq"], marin, everything=False) == 0
    assert sorted(spoken) == sorted(languages.load("sq").stored.values())
    assert prompt_voices.voices("sq") == dict.fromkeys(STORED, "tts marin")
    assert "| Albanian | tts marin: all |\n| Serbian | espeak-ng: all |" in prompt_voices.DOCS.read_text("utf-8")


def test_another_voice_renders_all_anew_and_espeak_only_what_has_changed(copy: Path) -> None:
    for name in ("tts marin", "tts cedar"):
        render_prompts.render(["sq"], speaker(name)[0], everything=False)
    change_text(copy, "goodbye")
    espeak, spoken = speaker(prompt_voices.ESPEAK)
    render_prompts.render(["sq"], espeak, everything=False)
    assert spoken == [languages.load("sq").stored["goodbye"]]
    assert prompt_voices.voices("sq") == dict.fromkeys(STORED, "tts cedar") | {"goodbye": prompt_voices.ESPEAK}


def test_a_failure_keeps_what_was_rendered_and_the_next_run_goes_on(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failing, first = speaker("tts marin", fails_at=3)
    assert render_prompts.render(["sq"], failing, everything=False) == 1
    assert capsys.readouterr().err == "OpenAI's speech endpoint refuses (503): try again later; offline: --voice-of espeak\n"
    marin, rest = speaker("tts marin")
    assert render_prompts.render(["sq"], marin, everything=False) == 0
    assert first + rest == list(languages.load("sq").stored.values())
    texts = json.loads((copy / "audio" / "sq" / "texts.json").read_text("utf-8"))
    assert texts == dict(languages.load("sq").stored)


def test_a_prompt_that_is_too_long_is_told(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slow: Callable[[str, Language], bytes] = lambda _text, _language: TONE * 9  # noqa: E731 - a speaker in one line
    assert render_prompts.render(["sq"], Speaker("tts slow", slow), everything=False) == 1
    assert "TOO LONG" in capsys.readouterr().out


def test_the_page_says_who_speaks_which_prompt() -> None:
    page = prompt_voices.DOCS.read_text("utf-8")
    assert page.partition(prompt_voices.BEGIN)[2].partition(prompt_voices.END)[0] == prompt_voices.table(), "run `make prompts`"
