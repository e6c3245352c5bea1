"""Renders every language's stored prompts to audio: `make prompts`, or `python -m tools.generators.render_prompts sq en`.

It uses OpenAI's speech endpoint if OPENAI_API_KEY is set, else espeak-ng offline; `--voice-of` chooses one explicitly.
The audio is committed, so the product needs neither of them. `texts.json` beside the audio holds the texts that were
rendered: only texts that have changed since are rendered again, or all of them with `--again`.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import httpx
import numpy as np

from shared import languages
from shared.core.speech.language import Language
from shared.languages import wav
from shared.settings.environ import read_environ
from simulators.speech import voice

_SPEECH_URL: Final = "https://api.openai.com/v1/audio/speech"
_SPEECH_MODEL: Final = "gpt-4o-mini-tts"
_SPEECH_TIMEOUT_S: Final = 60
_NOT_FILLED_IN: Final = "CHANGE-ME"  # the placeholder in .env.example
_OPENAI_RATE_HZ: Final = 24_000
"""Source: OpenAI's speech endpoint, `response_format` pcm: 16-bit little endian mono."""

_RATE_RATIO: Final = _OPENAI_RATE_HZ // wav.RATE_HZ
_LONGEST_S: Final = 8.5
_PAUSE: Final = voice.SILENCE * (wav.RATE_HZ // 10)
"""A tenth of a second before and after the words: without it, a phone line swallows the first syllable."""

Speak = Callable[[str, Language], bytes]


def main(arguments: Sequence[str]) -> int:
    """Render the named languages, or all; return the exit code."""
    parser = argparse.ArgumentParser(prog="render_prompts", description=__doc__)
    parser.add_argument("codes", nargs="*", metavar="LANGUAGE", help="language codes; without any, all languages")
    environ = read_environ()
    api_key = environ.get("OPENAI_API_KEY", "").replace(_NOT_FILLED_IN, "")
    parser.add_argument("--voice-of", choices=("espeak", "openai"), default="openai" if api_key else "espeak")
    parser.add_argument("--again", action="store_true", help="also render texts that have not changed, for another voice")
    options = parser.parse_args(arguments)
    if options.voice_of == "openai" and not api_key:
        print("OPENAI_API_KEY is not set; render with --voice-of espeak or set it", file=sys.stderr)
        return 2
    speak: Speak = espeak if options.voice_of == "espeak" else openai(_client(api_key), environ.get("OPENAI_VOICE", "marin"))
    try:
        return _render_all(options, speak)
    except httpx.HTTPError as error:
        print(f"OpenAI's speech endpoint failed ({error}); offline: --voice-of espeak", file=sys.stderr)
        return 1


def _render_all(options: argparse.Namespace, speak: Speak) -> int:
    too_long = rendered = 0
    for code in options.codes or languages.supported():
        language = languages.load(code)
        done = {} if options.again else _texts_rendered(language)
        changed = {key: text for key, text in language.stored.items() if done.get(key) != text}
        too_long += sum(_render(language, key, text, speak) for key, text in changed.items())
        rendered += len(changed)
        if changed:
            _note_texts(language)
    if not rendered:
        print("every stored prompt says what its text says: nothing to render (--again renders all)")
    return 1 if too_long else 0


def espeak(text: str, language: Language) -> bytes:
    """Return the text in espeak-ng's voice, as 8 kHz mu-law."""
    return voice.speak(text, language=language.code)


def openai(client: httpx.Client, voice_name: str = "marin") -> Speak:
    """Return a function that renders text in that voice of OpenAI's speech endpoint, as 8 kHz mu-law."""

    def speak(text: str, language: Language) -> bytes:
        answer = client.post(
            _SPEECH_URL,
            json={
                "model": _SPEECH_MODEL,
                "voice": voice_name,
                "input": text,
                "instructions": f"Speak {language.name}, calmly and clearly, as a courteous clerk on the telephone.",
                "response_format": "pcm",
            },
        )
        answer.raise_for_status()
        return voice.encode(_telephone(np.frombuffer(answer.content, "<i2")))

    return speak


def _client(api_key: str) -> httpx.Client:
    return httpx.Client(timeout=_SPEECH_TIMEOUT_S, headers={"Authorization": f"Bearer {api_key}"})


def _telephone(pcm: voice.Pcm) -> voice.Pcm:
    """Resample 24 kHz to 8 kHz, with frequencies above 4 kHz removed."""
    whole = pcm[: pcm.size - pcm.size % (2 * _RATE_RATIO)].astype(np.float64)
    spectrum = np.fft.rfft(whole)
    samples = whole.size // _RATE_RATIO
    resampled = np.fft.irfft(spectrum[: samples // 2 + 1], samples) / _RATE_RATIO
    telephone: voice.Pcm = np.clip(resampled, -32768, 32767).astype(np.int16)
    return telephone


def _render(language: Language, key: str, text: str, speak: Speak) -> bool:
    """Write one prompt and print its length; return True if it is longer than a caller listens."""
    path: Path = languages.audio_path(language.code, key)
    mulaw = _PAUSE + speak(text, language) + _PAUSE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(wav.pack(mulaw))
    seconds = len(mulaw) / wav.RATE_HZ
    is_too_long = seconds > _LONGEST_S
    print(f"{language.code} {key:20} {seconds:4.1f} s{'  TOO LONG' if is_too_long else ''}")
    return is_too_long


def _texts_path(language: Language) -> Path:
    return languages.audio_path(language.code, "keypad").with_name("texts.json")


def _texts_rendered(language: Language) -> dict[str, str]:
    """Return the texts of the rendered audio, by prompt."""
    path = _texts_path(language)
    noted: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {key: text for key, text in noted.items() if languages.audio_path(language.code, key).exists()}


def _note_texts(language: Language) -> None:
    texts = json.dumps(dict(language.stored), ensure_ascii=False, indent=1)
    _texts_path(language).write_text(f"{texts}\n", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
