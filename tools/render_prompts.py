"""Renders every language's stored prompts to audio: `make prompts`, or `python -m tools.render_prompts sq en`.

Offline with espeak-ng; with OpenAI's speech endpoint where OPENAI_API_KEY is set and `--voice-of openai` is asked for.
The result is committed, so that the product needs neither.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import httpx
import numpy as np

from shared import languages
from shared.core.language import Language
from shared.languages import wav
from simulators import voice

_SPEECH_URL: Final = "https://api.openai.com/v1/audio/speech"
_SPEECH_MODEL: Final = "gpt-4o-mini-tts"
_SPEECH_TIMEOUT_S: Final = 60
_OPENAI_RATE_HZ: Final = 24_000
"""Source: OpenAI's speech endpoint, `response_format` pcm: 16-bit little endian mono."""

_RATE_RATIO: Final = _OPENAI_RATE_HZ // wav.RATE_HZ
_LONGEST_S: Final = 8.5
_PAUSE: Final = voice.SILENCE * (wav.RATE_HZ // 10)
"""A tenth of a second before and after the words: a phone line swallows the first syllable otherwise."""

Speak = Callable[[str, Language], bytes]


def main(arguments: Sequence[str]) -> int:
    """Render the languages named, or all; answer with the exit code."""
    parser = argparse.ArgumentParser(prog="render_prompts", description=__doc__)
    parser.add_argument("codes", nargs="*", metavar="LANGUAGE", help="language codes; none means all")
    parser.add_argument("--voice-of", choices=("espeak", "openai"), default="espeak")
    options = parser.parse_args(arguments)
    api_key = os.environ.get("OPENAI_API_KEY", "")
    if options.voice_of == "openai" and not api_key:
        print("OPENAI_API_KEY is not set; render with --voice-of espeak or set it", file=sys.stderr)
        return 2
    speak: Speak = espeak if options.voice_of == "espeak" else openai(api_key)
    too_long = 0
    for code in options.codes or languages.supported():
        language = languages.load(code)
        for key, text in language.stored.items():
            too_long += _render(language, key, text, speak)
    return 1 if too_long else 0


def espeak(text: str, language: Language) -> bytes:
    """The text in espeak-ng's voice, 8 kHz mu-law."""
    return voice.speak(text, language=language.code)


def openai(api_key: str) -> Speak:
    """The text in a voice of OpenAI's speech endpoint (OPENAI_VOICE), 8 kHz mu-law."""
    client = httpx.Client(timeout=_SPEECH_TIMEOUT_S, headers={"Authorization": f"Bearer {api_key}"})

    def speak(text: str, language: Language) -> bytes:
        answer = client.post(
            _SPEECH_URL,
            json={
                "model": _SPEECH_MODEL,
                "voice": os.environ.get("OPENAI_VOICE", "marin"),
                "input": text,
                "instructions": f"Speak {language.name}, calmly and clearly, as a courteous clerk on the telephone.",
                "response_format": "pcm",
            },
        )
        answer.raise_for_status()
        return voice.encode(_telephone(np.frombuffer(answer.content, "<i2")))

    return speak


def _telephone(pcm: voice.Pcm) -> voice.Pcm:
    """24 kHz as 8 kHz, without what lies above 4 kHz."""
    whole = pcm[: pcm.size - pcm.size % (2 * _RATE_RATIO)].astype(np.float64)
    spectrum = np.fft.rfft(whole)
    samples = whole.size // _RATE_RATIO
    resampled = np.fft.irfft(spectrum[: samples // 2 + 1], samples) / _RATE_RATIO
    telephone: voice.Pcm = np.clip(resampled, -32768, 32767).astype(np.int16)
    return telephone


def _render(language: Language, key: str, text: str, speak: Speak) -> bool:
    """Write one prompt and say so; True where it is longer than a caller listens."""
    path: Path = languages.audio_path(language.code, key)
    mulaw = _PAUSE + speak(text, language) + _PAUSE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(wav.pack(mulaw))
    seconds = len(mulaw) / wav.RATE_HZ
    is_too_long = seconds > _LONGEST_S
    print(f"{language.code} {key:20} {seconds:4.1f} s{'  TOO LONG' if is_too_long else ''}")
    return is_too_long


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
