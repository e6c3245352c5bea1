"""Reads audio files for `<Play>`: RIFF/WAVE in PCM or mu-law, at any rate, converted to 8 kHz mu-law."""

import struct

import numpy as np

from simulators.speech import voice

_PCM, _MULAW = 1, 7


class WavError(ValueError):
    """The bytes are not a WAV file of a kind that this simulator plays."""


def to_mulaw(content: bytes) -> bytes:
    """Return the file's sound, with its channels mixed into one.

    Raises:
        WavError: It is not RIFF/WAVE, or its coding is neither 16-bit PCM nor mu-law.
    """
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise WavError("no RIFF/WAVE file")
    chunks = dict(_chunks(content))
    if b"fmt " not in chunks or b"data" not in chunks:
        raise WavError("fmt or data is missing")
    coding, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", chunks[b"fmt "])
    samples = chunks[b"data"]
    if coding == _MULAW and channels == 1 and rate_hz == voice.RATE_HZ:
        return samples
    if coding == _MULAW:
        pcm = voice.decode(samples)
    elif coding == _PCM and bits == 16:
        pcm = np.frombuffer(samples[: len(samples) // 2 * 2], "<i2").astype(np.int16)
    else:
        raise WavError(f"coding {coding} with {bits} bits")
    mono = pcm[: len(pcm) // channels * channels].reshape(-1, channels).mean(axis=1)
    length = int(len(mono) * voice.RATE_HZ / rate_hz)
    at = np.arange(length) * rate_hz / voice.RATE_HZ
    return voice.encode(np.interp(at, np.arange(len(mono)), mono).astype(np.int16))


def _chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 12
    while at + 8 <= len(content):
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        found.append((content[at : at + 4], content[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return found
