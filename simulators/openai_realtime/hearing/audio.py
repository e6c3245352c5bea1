"""Converts the audio formats of the API (pcm at 24 kHz, pcmu, pcma) to and from the simulator's own 8 kHz mu-law."""

from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulators.speech import voice


class AudioFormat(StrEnum):
    """A format's `type` in the session object."""

    PCM = "audio/pcm"
    PCMU = "audio/pcmu"
    PCMA = "audio/pcma"


BYTES_PER_MS = {AudioFormat.PCM: 48, AudioFormat.PCMU: 8, AudioFormat.PCMA: 8}
_UP = 3
"""24 kHz is three times 8 kHz."""


def to_telephone(audio: bytes, audio_format: AudioFormat) -> bytes:
    """Return appended audio as mu-law at 8 kHz; trailing bytes that are less than a sample are dropped."""
    match audio_format:
        case AudioFormat.PCMU:
            return audio
        case AudioFormat.PCMA:
            return voice.encode(np.take(_alaw_table(), np.frombuffer(audio, np.uint8)))
        case AudioFormat.PCM:
            samples = np.frombuffer(audio[: len(audio) // (2 * _UP) * (2 * _UP)], "<i2")
            return voice.encode(samples.reshape(-1, _UP).mean(axis=1).astype(np.int16))


def from_telephone(mulaw: bytes, audio_format: AudioFormat) -> bytes:
    """Return 8 kHz mu-law in the session's output format."""
    match audio_format:
        case AudioFormat.PCMU:
            return mulaw
        case AudioFormat.PCMA:
            return _to_alaw(voice.decode(mulaw))
        case AudioFormat.PCM:
            samples = voice.decode(mulaw)
            places = np.arange(samples.size * _UP) / _UP
            return np.interp(places, np.arange(samples.size), samples).astype("<i2").tobytes()


def _to_alaw(pcm: voice.Pcm) -> bytes:
    """Return the nearest code of each sample."""
    table = _alaw_table().astype(np.int32)
    order = np.argsort(table)
    middles = (table[order][1:] + table[order][:-1]) / 2
    codes: NDArray[np.uint8] = order[np.searchsorted(middles, pcm)].astype(np.uint8)
    return codes.tobytes()


@lru_cache(maxsize=1)
def _alaw_table() -> voice.Pcm:
    """Return all 256 codes of A-law. Source: ITU-T G.711."""
    code = np.arange(256, dtype=np.int32) ^ 0x55
    exponent = (code & 0x70) >> 4
    mantissa = ((code & 0x0F) << 4) + 8
    magnitude = np.where(exponent == 0, mantissa, (mantissa + 0x100) << np.maximum(exponent - 1, 0))
    table: voice.Pcm = np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)
    return table
