"""Twilio's pace: a frame of the caller every 20 ms, whatever the microphone does. This module uses no file, device or clock."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]

FRAME_S = 0.02
FRAME = 160
"""The samples in 20 ms at 8 kHz."""
_LATE_LIMIT = 50
"""One second in frames: after a longer sleep of this machine (a closed laptop), the missed frames are not sent."""
_CUSHION_LIMIT = 10 * FRAME
_SOFT_LEAD = 2 * FRAME
_HARD_LEAD = 5 * FRAME
_QUIET = 300
"""A frame whose loudest sample is below this is quiet: nobody misses it."""


class Deadlines:
    """The times at which frames are due: `began_s + n * 20 ms`, so delays do not add up. In seconds of a monotonic clock."""

    def __init__(self, began_s: float) -> None:
        self._began_s = began_s
        self._passed = 0
        self.skipped = 0

    @property
    def next_s(self) -> float:
        """The time at which the next frame is due."""
        return self._began_s + (self._passed + 1) * FRAME_S

    def take(self, now_s: float) -> int:
        """Return how many frames are due by now, and count them. After a long sleep that is one; the others count as skipped."""
        due = int((now_s - self._began_s) / FRAME_S + 1e-6) - self._passed
        if due > _LATE_LIMIT:
            self.skipped += due - 1
            self._began_s += (due - 1) * FRAME_S
            due = 1
        due = max(due, 0)
        self._passed += due
        return due


class MicBuffer:
    """Buffers the microphone's samples, as the device's blocks and our frames differ in size; the device may push from its thread.

    It fills a cushion as long as the device's blocks and then gives frames from it. When it is empty, it pads with silence
    until the cushion is full again: the caller hears a gap now and then instead of a click in every frame. If the device
    runs ahead, the buffer drops a quiet frame if there is one, and any frame if the lead becomes too long.
    """

    def __init__(self) -> None:
        self._pushed: deque[Pcm] = deque()  # the only data that two threads share: its methods are atomic
        self._samples: Pcm = np.zeros(0, np.int16)
        self._cushion = FRAME
        self._is_filling = True
        self.padded = 0
        self.dropped = 0

    def push(self, block: Pcm) -> None:
        """Add a block that the device has recorded."""
        self._pushed.append(block)

    def frame(self) -> Pcm:
        """Return the next 20 ms."""
        self._collect()
        if self._is_filling and self._samples.size < self._cushion:
            self.padded += FRAME
            return np.zeros(FRAME, np.int16)
        self._is_filling = False
        self._drop_lead()
        taken, self._samples = self._samples[:FRAME], self._samples[FRAME:]
        if taken.size < FRAME:
            self._is_filling = True
            self.padded += FRAME - taken.size
            return np.pad(taken, (0, FRAME - taken.size))
        return taken

    def _collect(self) -> None:
        blocks = [self._pushed.popleft() for _ in range(len(self._pushed))]
        self._cushion = min(max((self._cushion, *(block.size + FRAME for block in blocks))), _CUSHION_LIMIT)
        self._samples = np.concatenate((self._samples, *blocks))

    def _drop_lead(self) -> None:
        lead = self._samples.size - self._cushion
        is_quiet = lead > _SOFT_LEAD and int(np.abs(self._samples[:FRAME].astype(np.int32)).max()) < _QUIET
        if lead > _HARD_LEAD or is_quiet:
            too_many = FRAME if is_quiet and lead <= _HARD_LEAD else lead - _SOFT_LEAD
            self._samples = self._samples[too_many:]
            self.dropped += too_many
