"""Twilio's clock: a frame of the caller each 20 ms, whatever the microphone does. No file, device or clock is touched here."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]

FRAME_S = 0.02
FRAME = 160
"""Samples of 20 ms at 8 kHz."""
_LATE_LIMIT = 50
"""A second: who was asleep for longer (a closed laptop) does not send all that at once."""
_CUSHION_LIMIT = 10 * FRAME
_SOFT_LEAD = 2 * FRAME
_HARD_LEAD = 5 * FRAME
_QUIET = 300
"""The loudest sample of a frame that nobody misses."""


class Deadlines:
    """When frames are due: at `began_s + n * 20 ms`, so that no lateness adds up. Seconds of a monotonic clock."""

    def __init__(self, began_s: float) -> None:
        self._began_s = began_s
        self._passed = 0
        self.skipped = 0

    @property
    def next_s(self) -> float:
        """When the next frame is due."""
        return self._began_s + (self._passed + 1) * FRAME_S

    def take(self, now_s: float) -> int:
        """Count off the frames that are due by now; after a long sleep one, the others are counted as skipped."""
        due = int((now_s - self._began_s) / FRAME_S + 1e-6) - self._passed
        if due > _LATE_LIMIT:
            self.skipped += due - 1
            self._began_s += (due - 1) * FRAME_S
            due = 1
        due = max(due, 0)
        self._passed += due
        return due


class MicBuffer:
    """The microphone's samples between the device's rhythm and ours; the device may push from its own thread.

    It fills a cushion as long as the device's blocks, plays from it, and pads with silence when it has run empty, until
    the cushion is there again: one gap now and then, not a click in every frame. A device that runs ahead loses a quiet
    frame where there is one, any frame where there is none.
    """

    def __init__(self) -> None:
        self._pushed: deque[Pcm] = deque()  # all that two threads share: its methods are atomic
        self._samples: Pcm = np.zeros(0, np.int16)
        self._cushion = FRAME
        self._is_filling = True
        self.padded = 0
        self.dropped = 0

    def push(self, block: Pcm) -> None:
        """Take what the device has recorded."""
        self._pushed.append(block)

    def frame(self) -> Pcm:
        """The next 20 ms."""
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
