"""The sounds of a telephone that are not words: beep, cough, room noise; and the test of whether a sound is audible."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulators.speech import voice

FRAME = voice.FRAME_BYTES
SILENT_FRAME = voice.SILENCE * FRAME
_QUIET_AMPLITUDE = 120
_LOUD_SHARE = 10
"""A piece counts as audible if one sample in ten is louder than the quiet amplitude."""


def is_audible(mulaw: bytes) -> bool:
    """Return whether a person would hear something in these samples."""
    return len(mulaw.translate(None, _quiet_codes())) * _LOUD_SHARE > len(mulaw)


@lru_cache(maxsize=1)
def beep(ms: int = 400) -> bytes:
    """Return a voicemail's 1000 Hz tone."""
    time_s = np.arange(ms * 8) / 8000
    return _whole_frames(9000 * np.sin(2 * np.pi * 1000 * time_s))


@lru_cache(maxsize=16)
def cough(ms: int) -> bytes:
    """Return a burst of noise that rises fast and fades; it is always the same one."""
    samples = ms * 8
    noise = np.random.default_rng(7).normal(0, 9000, samples)
    return _whole_frames(noise * np.exp(-4 * np.arange(samples) / max(samples, 1)))


@lru_cache(maxsize=16)
def room_noise(level: float) -> tuple[bytes, ...]:
    """Return a second of steady noise of that loudness as 20 ms frames, to be repeated."""
    samples = _whole_frames(np.random.default_rng(11).normal(0, level, 8000))
    return tuple(samples[at : at + FRAME] for at in range(0, len(samples), FRAME))


def in_room(mulaw: bytes, level: float) -> bytes:
    """Return the speech with the room's noise added; it is unchanged at level 0."""
    if not level:
        return mulaw
    noise = b"".join(room_noise(level)) * (len(mulaw) // 8000 + 1)
    mixed = voice.decode(mulaw).astype(np.float64) + voice.decode(noise[: len(mulaw)])
    return _whole_frames(mixed)


def _whole_frames(samples: NDArray[np.float64]) -> bytes:
    pcm = np.clip(samples, -32000, 32000).astype(np.int16)
    mulaw = voice.encode(pcm)
    return mulaw.ljust(-(-len(mulaw) // FRAME) * FRAME, voice.SILENCE)


@lru_cache(maxsize=1)
def _quiet_codes() -> bytes:
    return bytes(code for code in range(256) if abs(int(voice.decode(bytes([code]))[0])) <= _QUIET_AMPLITUDE)
