"""The model's speech as the API sends it: audio in pieces of uneven size, the transcript in pieces of two words."""

import random

from simulators.openai_realtime.faults import Faults
from simulators.openai_realtime.hearing.audio import AudioFormat, from_telephone
from simulators.speech import voice


def render(words: str, language: str, audio_format: AudioFormat) -> bytes:
    """Return the words as audio in that format."""
    return from_telephone(voice.speak(words, language=language, voice="agent"), audio_format)


def silence(size: int, audio_format: AudioFormat) -> bytes:
    """Return that many bytes of digital silence in that format."""
    one_ms = from_telephone(voice.SILENCE * 8, audio_format)
    return (one_ms * (size // len(one_ms) + 1))[:size]


def transcript_pieces(words: str) -> list[str]:
    """Return the transcript in deltas of two words."""
    parts = words.split(" ")
    pairs = [" ".join(parts[at : at + 2]) for at in range(0, len(parts), 2)]
    return [pair if at == 0 else f" {pair}" for at, pair in enumerate(pairs)]


def audio_pieces(audio: bytes, faults: Faults, scale: int) -> list[bytes]:
    """Return the audio in pieces of uneven sizes, always the same for the same length."""
    chance = random.Random(len(audio))
    chunks = []
    at = 0
    while at < len(audio):
        size = chance.randint(faults.smallest_delta_bytes, faults.largest_delta_bytes) * scale
        chunks.append(audio[at : at + size])
        at += size
    return chunks
