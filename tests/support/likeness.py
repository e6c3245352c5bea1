"""How alike two sounds are to the ear: their band energies, at the place where the one fits the other best."""

import numpy as np

from simulators.openai_realtime.hearing.phrase_recognizer import sound_of


def likeness(heard: bytes, spoken: bytes) -> float:
    """1 where `spoken` (8 kHz mu-law) stands in `heard`, near 0 where other words do; the loudness does not matter."""
    whole, part = sound_of(heard), sound_of(spoken)
    size = 1 << (whole.shape[1] + part.shape[1]).bit_length()
    correlation = np.fft.irfft((np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size))).sum(axis=0), size)
    best = int(np.argmax(correlation[: whole.shape[1]]))
    there = np.linalg.norm(whole[:, best : best + part.shape[1]])
    return float(correlation[best] / (there or 1.0))
