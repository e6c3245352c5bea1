"""How similar two sounds are to the ear: compares their band energies at the place where they fit best."""

import numpy as np

from simulators.openai_realtime.hearing.phrase_recognizer import sound_of


def likeness(heard: bytes, spoken: bytes) -> float:
    """Return 1 if `heard` contains `spoken` (8 kHz mu-law), near 0 if it has other words; the loudness does not matter."""
    whole, part = sound_of(heard), sound_of(spoken)
    size = 1 << (whole.shape[1] + part.shape[1]).bit_length()
    correlation = np.fft.irfft((np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size))).sum(axis=0), size)
    best = int(np.argmax(correlation[: whole.shape[1]]))
    there = np.linalg.norm(whole[:, best : best + part.shape[1]])
    return float(correlation[best] / (there or 1.0))
