"""The speech endpoint, `POST /v1/audio/speech`: it refuses what OpenAI's refuses, and speaks with espeak-ng.

Source: `SpeechCreateParams` of the official package, 3.57.0: fields, limits, voices and formats. Of its six formats this one
renders `pcm` and `wav`, both 24 kHz, 16 bits, mono.
"""

import asyncio
import hmac
import io
import json
import wave
from collections import deque
from typing import Final

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulators.openai_realtime.events.validators import Json
from simulators.speech import voice

MODELS: Final = frozenset({"tts-1", "tts-1-hd", "gpt-4o-mini-tts", "gpt-4o-mini-tts-2025-12-15"})
VOICES: Final = frozenset(
    {"alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer", "verse", "marin", "cedar"}
)
RATE_HZ: Final = 24_000
_FORMATS: Final = frozenset({"mp3", "opus", "aac", "flac", "wav", "pcm"})
_FIELDS: Final = frozenset({"input", "model", "voice", "instructions", "response_format", "speed", "stream_format"})
_LONGEST_TEXT: Final = 4096
_MOST_REQUESTS: Final = 1000


class _Refusal(Exception):  # noqa: N818 - it becomes an HTTP answer, with this status, code and parameter
    def __init__(self, status: int, code: str, param: str | None, *, message: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.param, self.message = status, code, param, message or f"Refused: {code}."


class SpeechEndpoint:
    """The endpoint with its ledger; an admin can have the next requests refused."""

    def __init__(self, *, api_key: str) -> None:
        self._api_key = api_key
        self._refusals: deque[int] = deque(maxlen=_MOST_REQUESTS)
        self._requests: deque[Json] = deque(maxlen=_MOST_REQUESTS)

    async def speak(self, request: Request) -> Response:
        """`POST /v1/audio/speech`: return the text as audio, or the error that OpenAI gives."""
        try:
            self._admit(request)
            body = _checked(await request.body(), request.headers.get("content-type", ""))
        except _Refusal as refusal:
            return _error(refusal)
        self._requests.append(body)
        speech = _at_24_khz(voice.decode(await asyncio.to_thread(voice.speak, body["input"])))
        if body["response_format"] == "wav":
            return Response(_wave_file(speech), media_type="audio/wav")
        return Response(speech.tobytes(), media_type="audio/pcm")

    async def show(self, _request: Request) -> Response:
        """`GET /simulator/speech`: return the bodies of the requests that were served."""
        return JSONResponse({"requests": list(self._requests)})

    async def refuse(self, request: Request) -> Response:
        """`PUT /simulator/speech` `{"statuses": [429, 503]}`: refuse the next requests with these; forget the requests before."""
        statuses = (await request.json()).get("statuses", [])
        self.reset()
        self._refusals.extend(statuses)
        return Response(status_code=204)

    def reset(self) -> None:
        """Forget all requests and refusals."""
        self._refusals.clear()
        self._requests.clear()

    def _admit(self, request: Request) -> None:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self._api_key}".encode()):
            # OpenAI's own message repeats the key's beginning and end
            raise _Refusal(
                401, "invalid_api_key", None, message=f"Incorrect API key provided: {given[-12:].decode(errors='replace')}."
            )
        if self._refusals:
            status = self._refusals.popleft()
            raise _Refusal(status, "rate_limit_exceeded" if status == 429 else "server_error", None)


def _checked(raw: bytes, content_type: str) -> Json:
    """Return the request's body with its defaults, or raise the refusal."""
    if content_type.partition(";")[0].strip() != "application/json":
        raise _Refusal(400, "unsupported_content_type", None)
    try:
        body = json.loads(raw)
    except ValueError:
        raise _Refusal(400, "invalid_json", None) from None
    if not isinstance(body, dict):
        raise _Refusal(400, "invalid_type", None)
    for name in sorted(body.keys() - _FIELDS):
        raise _Refusal(400, "unknown_parameter", name)
    for name in ("model", "input", "voice"):
        if name not in body:
            raise _Refusal(400, "missing_required_parameter", name)
    body = {"response_format": "mp3", "speed": 1.0, "stream_format": "audio"} | body
    _check_texts(body)
    _check_choices(body)
    return body


def _check_texts(body: Json) -> None:
    for name in ("input", "instructions", "model", "response_format"):
        text = body.get(name, "-")
        if not isinstance(text, str):
            raise _Refusal(400, "invalid_type", name)
        if not text.strip():
            raise _Refusal(400, "string_below_min_length", name)
        if len(text) > _LONGEST_TEXT:
            raise _Refusal(400, "string_above_max_length", name)


def _check_choices(body: Json) -> None:
    if body["model"] not in MODELS:
        raise _Refusal(404, "model_not_found", "model")
    named = body["voice"]
    is_custom = isinstance(named, dict) and named.keys() == {"id"} and isinstance(named["id"], str)
    if not is_custom and (not isinstance(named, str) or named not in VOICES):
        raise _Refusal(400, "invalid_value", "voice")
    if body["response_format"] not in _FORMATS:
        raise _Refusal(400, "invalid_value", "response_format")
    speed = body["speed"]
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0.25 <= speed <= 4.0:
        raise _Refusal(400, "invalid_value", "speed")
    if body["stream_format"] != "audio":
        raise _Refusal(400, "invalid_value", "stream_format")
    if body["response_format"] not in {"pcm", "wav"}:
        raise _Refusal(501, "not_simulated", "response_format")


def _at_24_khz(pcm: voice.Pcm) -> voice.Pcm:
    """Return the speech with three samples in place of each, on straight lines between them."""
    places = np.arange(pcm.size * 3) / 3
    resampled: voice.Pcm = np.interp(places, np.arange(pcm.size), pcm).astype("<i2")
    return resampled


def _wave_file(pcm: voice.Pcm) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE_HZ)
        writer.writeframes(pcm.tobytes())
    return file.getvalue()


def _error(refusal: _Refusal) -> Response:
    kind = {429: "requests", 500: "server_error", 503: "server_error"}.get(refusal.status, "invalid_request_error")
    error = {"message": refusal.message, "type": kind, "param": refusal.param, "code": refusal.code}
    return JSONResponse({"error": error}, refusal.status)
