"""One sentence that the model speaks: its audio, and how fast it came."""

import asyncio
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Final

from services.media_bridge.base64_wire import BYTES_PER_MS
from services.media_bridge.openai import requests_wire as request
from services.media_bridge.openai.events_wire import AUDIO_DELTA
from tools.finding import Finding
from tools.live_checks.session_probe import Json, SessionProbe, SessionRefusedError, part

_WHOLE_S: Final = 30.0
_NO_SIGNAL: Final = b"\x7f\xff"  # the two codes of µ-law for silence (ITU-T G.711)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """What came: µ-law, 8 kHz. `first_s` and `taken_s` count from the request, to the first audio and to the response's end."""

    item_id: str
    audio: bytes
    pieces_ms: tuple[int, ...]
    first_s: float
    taken_s: float

    @property
    def audio_ms(self) -> int:
        """How long the audio is."""
        return len(self.audio) // BYTES_PER_MS


async def listen(probe: SessionProbe, instructions: str) -> Sentence:
    """Ask for one response, and return its first item's audio.

    Raises:
        SessionRefusedError: The response failed.
        TimeoutError: It does not end within half a minute.
    """
    asked_s = first_s = monotonic()
    item_id = ""
    pieces: list[bytes] = []
    probe.send(request.say(instructions))
    async with asyncio.timeout(_WHOLE_S):
        while True:
            received = await probe.next()
            event = received.event
            if event.get("type") == AUDIO_DELTA and (not pieces or event.get("item_id") == item_id):
                first_s = first_s if pieces else received.at_s
                item_id = str(event.get("item_id"))
                pieces.append(_decoded(event))
            elif event.get("type") == "response.done":
                _check(event)
                break
    return Sentence(
        item_id=item_id,
        audio=b"".join(pieces),
        pieces_ms=tuple(len(piece) // BYTES_PER_MS for piece in pieces),
        first_s=first_s - asked_s,
        taken_s=received.at_s - asked_s,
    )


def findings_of(sentence: Sentence, *, filler_s: float) -> Iterator[Finding]:
    """Tell how fast the sentence came, whether before a call would fill the wait, and whether it can be heard."""
    if not sentence.audio:
        yield Finding("the model ended its response without audio", "run this again; if it happens often, choose another model")
        return
    text = f"the first audio came after {sentence.first_s * 1000:.0f} ms"
    if sentence.first_s > filler_s:
        fix = "customers would hear a filler before each answer: choose a faster OPENAI_REALTIME_MODEL, or run nearer to OpenAI"
        yield Finding(text, fix)
    else:
        yield Finding(text)
    if not sentence.audio.translate(None, _NO_SIGNAL):
        yield Finding("the audio is digital silence", "run this again; if it happens often, choose another OPENAI_VOICE or model")
    burst_s = max(sentence.taken_s - sentence.first_s, 0.001)
    pieces = f"pieces of {min(sentence.pieces_ms)} to {max(sentence.pieces_ms)} ms"
    faster = sentence.audio_ms / 1000 / burst_s
    yield Finding(f"{sentence.audio_ms / 1000:.1f} s of audio came in {pieces}, {faster:.1f} times faster than they are spoken")


def _decoded(event: Json) -> bytes:
    try:
        return b64decode(str(event.get("delta") or ""))
    except Error:
        return b""


def _check(event: Json) -> None:
    """Raise what a failed response tells.

    Raises:
        SessionRefusedError: The response failed.
    """
    if part(event, "response", "status") == "failed":
        raise SessionRefusedError(part(event, "response", "status_details", "error", "code"))
