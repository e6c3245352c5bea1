"""Changes the sample rate of a stream block by block, with a polyphase FIR filter: no clicks between blocks, no alias, no drift."""

from math import ceil, gcd

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]

_HALF_WIDTH = 16
"""The zero crossings of the windowed sinc on each side."""
_PASSED = 0.91
"""The share of the lower half rate that the filter passes: 3,640 Hz of a telephone's 4,000."""
_KAISER_BETA = 7.0
"""Attenuates higher frequencies by 70 dB; 8-bit mu-law itself has a range of 38 dB."""


class Resampler:
    """Takes blocks of any length at one rate and returns the samples that they yield at another.

    After n input samples, n * target / source samples have come out, minus the few for which the filter needs later input.
    """

    def __init__(self, source_hz: int, target_hz: int) -> None:
        common = gcd(source_hz, target_hz)
        self._up, self._down = target_hz // common, source_hz // common
        self._filters = _filters(self._up, self._down)
        taps = self._filters.shape[1]
        self._kept: Sound = np.zeros(taps // 2 - 1, np.float32)
        self._offsets = np.arange(taps)
        self._next = 0
        """The distance of the next output sample from the first kept input sample, in 1/up of an input sample."""

    def push(self, block: Sound) -> Sound:
        """Take the next input samples; return the output samples that are complete now."""
        if self._up == self._down:
            return block
        self._kept = np.concatenate((self._kept, block))
        room = (self._kept.size - self._offsets.size + 1) * self._up - self._next
        count = max(0, -(-room // self._down))
        places = self._next + np.arange(count) * self._down
        windows = self._kept[(places // self._up)[:, None] + self._offsets]
        made: Sound = np.einsum("ij,ij->i", windows, self._filters[places % self._up])
        self._next += count * self._down
        passed = min(self._next // self._up, self._kept.size)
        self._kept = self._kept[passed:]
        self._next -= passed * self._up
        return made


def _filters(up: int, down: int) -> Sound:
    """Return the filters, one row for each phase, with a gain of one."""
    cutoff = min(1.0, up / down) * _PASSED
    half = ceil(_HALF_WIDTH / cutoff)
    offsets = np.arange(2 * half) - (half - 1)
    distance = np.arange(up)[:, None] / up - offsets
    window = np.i0(_KAISER_BETA * np.sqrt(np.clip(1 - (distance / half) ** 2, 0, 1)))
    filters = np.sinc(cutoff * distance) * window
    normed: Sound = (filters / filters.sum(axis=1, keepdims=True)).astype(np.float32)
    return normed
