"""OpenAI's speech endpoint: renders a text as 8 kHz mu-law, and asks again if it was refused for a while.

Source: `SpeechCreateParams` of the official package, 3.57.0; `response_format` pcm is 24 kHz, 16-bit little endian, mono.
"""

import time
from collections.abc import Callable
from typing import Final

import httpx
import numpy as np

from shared.core.errors import ConfirmerError
from shared.core.speech.language import Language
from shared.languages import wav
from shared.settings.groups import SpeechSettings
from simulators.speech import voice

_TIMEOUT_S: Final = 60
_RATE_HZ: Final = 24_000
_RATE_RATIO: Final = _RATE_HZ // wav.RATE_HZ
_SAMPLE_BYTES: Final = 2
_SHORTEST_S: Final = 0.3
_QUIETEST: Final = 100.0
"""The least loudness of speech (root mean square of 16-bit samples); digital silence has 0."""

_PAUSES_S: Final = (1.0, 3.0, 9.0)
_LONGEST_PAUSE_S: Final = 30.0
_FOR_A_WHILE: Final = frozenset({408, 409, 429, 500, 502, 503, 504})
_FOR_EVER: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached", "account_deactivated"})
"""Codes of a 429 that no repetition changes."""

_ADVICE: Final = {
    400: "correct OPENAI_VOICE and OPENAI_SPEECH_MODEL",
    401: "correct OPENAI_API_KEY",
    403: "correct OPENAI_API_KEY, or allow its project this model",
    404: "correct OPENAI_SPEECH_URL and OPENAI_SPEECH_MODEL",
    429: "look at the account's limits and credit",
}
Sleep = Callable[[float], None]


class SpeechError(ConfirmerError):
    """The endpoint gave no speech; the message is one line and holds neither the key nor the endpoint's own words."""


def client(api_key: str) -> httpx.Client:
    """Return the HTTP client for that key."""
    return httpx.Client(timeout=_TIMEOUT_S, headers={"Authorization": f"Bearer {api_key}"})


class OpenAISpeech:
    """Speaks with the endpoint, the model and the voice of the settings."""

    def __init__(self, http: httpx.Client, settings: SpeechSettings, *, sleep: Sleep = time.sleep) -> None:
        self._http = http
        self._settings = settings
        self._sleep = sleep

    def speak(self, text: str, language: Language) -> bytes:
        """Return the text as 8 kHz mu-law.

        Raises:
            SpeechError: The endpoint refuses the request, can't be reached, or answers no audible speech.
        """
        body = {
            "model": self._settings.openai_speech_model,
            "voice": self._settings.openai_voice,
            "input": text,
            "instructions": f"Speak {language.name}, calmly and clearly, as a courteous clerk on the telephone.",
            "response_format": "pcm",
        }
        for pause_s in _PAUSES_S:
            answer = self._ask(body)
            if isinstance(answer, httpx.Response) and (answer.is_success or not _may_pass(answer)):
                break
            self._sleep(_wished_pause_s(answer) or pause_s)
        else:
            answer = self._ask(body)
        if isinstance(answer, httpx.TransportError):
            raise SpeechError(f"can't be reached ({type(answer).__name__}): check the network and OPENAI_SPEECH_URL") from answer
        if not answer.is_success:
            raise SpeechError(_fault(answer))
        return _telephone_speech(answer.content)

    def _ask(self, body: dict[str, str]) -> httpx.Response | httpx.TransportError:
        try:
            return self._http.post(f"{self._settings.openai_speech_url}/v1/audio/speech", json=body)
        except httpx.TransportError as error:
            return error


def _may_pass(answer: httpx.Response) -> bool:
    return answer.status_code in _FOR_A_WHILE and _named(answer, "code") not in _FOR_EVER


def _wished_pause_s(answer: httpx.Response | httpx.TransportError) -> float:
    """Return the seconds of `Retry-After`, up to half a minute; 0 if there are none."""
    wished = answer.headers.get("Retry-After", "") if isinstance(answer, httpx.Response) else ""
    return min(float(wished), _LONGEST_PAUSE_S) if wished.isdecimal() else 0.0


def _fault(answer: httpx.Response) -> str:
    """Return the refusal in one line: only code and parameter, because the message repeats a part of a wrong key."""
    code, parameter = _named(answer, "code"), _named(answer, "param")
    why = ", ".join(word for word in (str(answer.status_code), code, parameter and f"parameter '{parameter}'") if word)
    return f"refuses ({why}): {_ADVICE.get(answer.status_code, 'try again later')}"


def _named(answer: httpx.Response, field: str) -> str:
    """Return a field of the error that is a plain word, else an empty text."""
    try:
        value = answer.json()["error"][field]
    except (ValueError, TypeError, KeyError):
        return ""
    return value if isinstance(value, str) and value.isascii() and value.replace("_", "").replace(".", "").isalnum() else ""


def _telephone_speech(content: bytes) -> bytes:
    pcm = np.frombuffer(content[: len(content) - len(content) % _SAMPLE_BYTES], "<i2")
    if pcm.size < _SHORTEST_S * _RATE_HZ:
        raise SpeechError(f"answered {pcm.size / _RATE_HZ:.2f} s of audio: that is no sentence")
    mulaw = voice.encode(_telephone(pcm))
    if voice.energy(mulaw) < _QUIETEST:
        raise SpeechError("answered silence: try again, or another model or voice")
    return mulaw


def _telephone(pcm: voice.Pcm) -> voice.Pcm:
    """Resample 24 kHz to 8 kHz, with frequencies above 4 kHz removed."""
    whole = pcm[: pcm.size - pcm.size % (2 * _RATE_RATIO)].astype(np.float64)
    spectrum = np.fft.rfft(whole)
    samples = whole.size // _RATE_RATIO
    resampled = np.fft.irfft(spectrum[: samples // 2 + 1], samples) / _RATE_RATIO
    telephone: voice.Pcm = np.clip(resampled, -32768, 32767).astype(np.int16)
    return telephone
