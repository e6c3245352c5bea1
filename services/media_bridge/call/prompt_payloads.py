"""The stored prompts of each language, cut into payloads that a media frame can carry."""

from base64 import b64encode
from functools import cache

from services.media_bridge.base64_wire import BYTES_PER_MS
from services.media_bridge.twilio.stream_wire import SILENCE
from shared import languages

_CHUNK_BYTES = 400 * BYTES_PER_MS
_FRAME_BYTES = 20 * BYTES_PER_MS


@cache
def prompt_payloads(language: str, key: str) -> tuple[bytes, ...]:
    """Return the prompt as quoted base64 payloads of 400 ms; the last is filled up to whole frames with silence.

    Raises:
        NotFoundError: There is no such language or prompt.
    """
    audio = languages.audio(language, key)
    audio += SILENCE * (-len(audio) % _FRAME_BYTES)
    chunks = (audio[start : start + _CHUNK_BYTES] for start in range(0, len(audio), _CHUNK_BYTES))
    return tuple(b'"%b"' % b64encode(chunk) for chunk in chunks)
