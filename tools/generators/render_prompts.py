"""Renders every language's stored prompts to audio: `make prompts`, or `python -m tools.generators.render_prompts sq en`.

It uses OpenAI's speech endpoint if OPENAI_API_KEY is set, else espeak-ng offline; `--voice-of` chooses one explicitly.
The audio is committed, so the product needs neither of them. `texts.json` beside the audio holds the texts that were
rendered, `voices.json` what OpenAI's endpoint rendered. Rendered again are texts that have changed since; with OpenAI also
what another model or voice has spoken; with `--again` all.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared import languages
from shared.core.speech.language import Language
from shared.languages import wav
from shared.settings.environ import SecretFileError, SettingsError, is_published, parse_settings, read_environ, secret_text
from shared.settings.groups import OpenAISettings, SpeechSettings
from simulators.speech import voice
from tools.generators import prompt_voices
from tools.generators.openai_speech import OpenAISpeech, SpeechError, client

_LONGEST_S: Final = 8.5
_PAUSE: Final = voice.SILENCE * (wav.RATE_HZ // 10)
"""A tenth of a second before and after the words: without it, a phone line swallows the first syllable."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Whoever speaks: `voice` is its entry in the manifest, `speak` returns a text as 8 kHz mu-law."""

    voice: str
    speak: Callable[[str, Language], bytes]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A stored prompt that must be rendered."""

    language: Language
    key: str

    @property
    def text(self) -> str:
        """What it says."""
        return self.language.stored[self.key]


def main(arguments: Sequence[str]) -> int:
    """Render the named languages, or all; return the exit code."""
    parser = argparse.ArgumentParser(prog="render_prompts", description=__doc__)
    parser.add_argument("codes", nargs="*", metavar="LANGUAGE", help="language codes; without any, all languages")
    parser.add_argument("--voice-of", choices=("espeak", "openai"), help="default: openai if OPENAI_API_KEY is set")
    parser.add_argument("--again", action="store_true", help="also render what has not changed")
    options = parser.parse_args(arguments)
    if unknown := set(options.codes) - set(languages.supported()):
        return _failed(f"no language {', '.join(sorted(unknown))}; there are {', '.join(languages.supported())}")
    environ = read_environ()
    try:
        api_key = secret_text("OPENAI_API_KEY", environ)
        settings = parse_settings(SpeechSettings, environ)
    except SecretFileError as error:
        return _failed(f"OPENAI_API_KEY {error}")
    except SettingsError as error:
        return _failed(str(error))
    has_key = bool(api_key) and not is_published(api_key, OpenAISettings.model_fields["openai_api_key"])
    if options.voice_of == "openai" and not has_key:
        return _failed("OPENAI_API_KEY is not set; render with --voice-of espeak or set it")
    codes = options.codes or languages.supported()
    if options.voice_of == "espeak" or not has_key:
        return render(codes, Speaker(prompt_voices.ESPEAK, espeak), everything=options.again)
    with client(api_key) as http:
        speech = OpenAISpeech(http, settings)
        speaker = Speaker(f"{settings.openai_speech_model} {settings.openai_voice}", speech.speak)
        return render(codes, speaker, everything=options.again)


def render(codes: Sequence[str], speaker: Speaker, *, everything: bool) -> int:
    """Render what has changed, or everything; return the exit code. What is rendered stays if a later prompt fails."""
    wanted = [prompt for code in codes for prompt in _wanted(languages.load(code), speaker, everything=everything)]
    too_long = 0
    for number, prompt in enumerate(wanted, 1):
        print(f"{number}/{len(wanted)} {prompt.language.code} {prompt.key:20} ", end="", flush=True)
        try:
            mulaw = _PAUSE + speaker.speak(prompt.text, prompt.language) + _PAUSE
        except SpeechError as error:
            print("failed")
            prompt_voices.write_table()
            return _failed(f"OpenAI's speech endpoint {error}; offline: --voice-of espeak", code=1)
        _store(prompt, mulaw, speaker.voice)
        seconds = len(mulaw) / wav.RATE_HZ
        too_long += seconds > _LONGEST_S
        print(f"{seconds:4.1f} s  {speaker.voice}{'  TOO LONG' if seconds > _LONGEST_S else ''}")
    if not wanted:
        print("every stored prompt says what its text says: nothing to render (--again renders all)")
    prompt_voices.write_table()
    return 1 if too_long else 0


def espeak(text: str, language: Language) -> bytes:
    """Return the text in espeak-ng's voice, as 8 kHz mu-law."""
    return voice.speak(text, language=language.code)


def _failed(why: str, *, code: int = 2) -> int:
    print(why, file=sys.stderr)
    return code


def _wanted(language: Language, speaker: Speaker, *, everything: bool) -> list[Prompt]:
    """Return what must be rendered; espeak-ng replaces another voice's prompt only if its text has changed."""
    texts, voices = _texts_rendered(language), prompt_voices.voices(language.code)
    is_better = speaker.voice != prompt_voices.ESPEAK
    return [
        Prompt(language, key)
        for key, text in language.stored.items()
        if everything or texts.get(key) != text or (is_better and voices[key] != speaker.voice)
    ]


def _store(prompt: Prompt, mulaw: bytes, voice_name: str) -> None:
    """Write the audio, then note its text and its voice, so that a later failure loses nothing of it."""
    code = prompt.language.code
    path: Path = languages.audio_path(code, prompt.key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(wav.pack(mulaw))
    noted = _texts_rendered(prompt.language) | {prompt.key: prompt.text}
    texts = {key: noted[key] for key in prompt.language.stored if key in noted}
    _texts_path(prompt.language).write_text(f"{json.dumps(texts, ensure_ascii=False, indent=1)}\n", encoding="utf-8")
    prompt_voices.note(code, prompt.key, voice_name)


def _texts_path(language: Language) -> Path:
    return languages.audio_path(language.code, "keypad").with_name("texts.json")


def _texts_rendered(language: Language) -> dict[str, str]:
    """Return the texts of the rendered audio, by prompt."""
    path = _texts_path(language)
    noted: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {key: text for key, text in noted.items() if languages.audio_path(language.code, key).exists()}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
